"""verification: rounds, the files of suspicious records, and the cases they become"""

revision = "a1b2c3d4e507"
down_revision = "a1b2c3d4e510"
branch_labels = None
depends_on = None


def upgrade():
    """The tables follow with the room."""


def downgrade():
    """Nothing stands yet."""
