"""Which keys the data was sealed with."""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e504"
down_revision = "a1b2c3d4e503"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "key_mark",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_mark")),
        sa.UniqueConstraint("number", name=op.f("uq_key_mark_number")),
    )


def downgrade() -> None:
    op.drop_table("key_mark")
