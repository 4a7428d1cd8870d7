"""a sentence of ours is kept with its values, which takes more room than what it says"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e519"
down_revision = "a1b2c3d4e5d1"
branch_labels = None
depends_on = None

TABLES = ("attempt", "result_line")


def upgrade():
    """PostgreSQL notes the new length and touches no row; SQLite holds nobody to a length."""
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.alter_column(table, "reason_text", type_=sa.String(2000))


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.alter_column(table, "reason_text", type_=sa.String(200),
                            postgresql_using="left(reason_text, 200)")  # fmt: skip
