"""bank profiles that are rows"""

revision = "a1b2c3d4e501"
down_revision = "70d2ab8f690b"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
