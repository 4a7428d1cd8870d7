"""the bank's answers come in as files and are compared before they are posted"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e511"
down_revision = "a1b2c3d4e509"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")
COUNTS = ("size", "row_count", "accepted", "rejected", "added", "changed", "unchanged", "skipped")


def upgrade():
    op.create_table(
        "result_upload",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(12), nullable=False),
        sa.Column("form", sa.String(12), nullable=False),
        sa.Column("foretold", sa.JSON(), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('staged', 'taken', 'dropped')",
                           name=op.f("ck_result_upload_state")),
        sa.ForeignKeyConstraint(["run_id"], ["pay_run.id"], name=op.f("fk_result_upload_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_upload")),
    )  # fmt: skip
    for column in ("at", "org_path", "run_id", "sha256"):
        op.create_index(op.f(f"ix_result_upload_{column}"), "result_upload", [column])


def downgrade():
    op.drop_table("result_upload")
