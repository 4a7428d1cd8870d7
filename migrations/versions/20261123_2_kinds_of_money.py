"""supplements, recoveries, funds and changes of cards"""

revision = "a1b2c3d4e502"
down_revision = "a1b2c3d4e501"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
