"""lists that come back from a spreadsheet"""

revision = "a1b2c3d4e503"
down_revision = "a1b2c3d4e502"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
