"""lists that come back from a spreadsheet"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e503"
down_revision = "a1b2c3d4e502"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _count(name):
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _listed(name):
    return sa.Column(name, sa.JSON(), nullable=False, server_default="[]")


NEW = {
    "aid_line": [lambda: sa.Column("version", sa.Integer(), nullable=False, server_default="1")],
    "staged_line": [
        lambda: sa.Column("line_id", KEY, nullable=True),
        lambda: sa.Column("version", sa.Integer(), nullable=True),
    ],
    "upload": [
        *(lambda n=n: _count(n) for n in ("added", "changed", "unchanged", "skipped", "gone")),
        lambda: sa.Column("horizon", KEY, nullable=True),
        lambda: _listed("doubts"),
        lambda: _listed("held"),
    ],
    "registry_upload": [lambda: _count("skipped"), lambda: _listed("doubts")],
}


def upgrade():
    for table, columns in NEW.items():
        for make in columns:
            op.add_column(table, make())
    op.create_table(
        "column_choice",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("grid", sa.String(length=60), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_choice")),
        sa.UniqueConstraint("user_id", "grid", name=op.f("uq_column_choice_user_id_grid")),
    )


def downgrade():
    op.drop_table("column_choice")
    for table, columns in NEW.items():
        with op.batch_alter_table(table) as batch:
            for make in columns:
                batch.drop_column(make().name)
