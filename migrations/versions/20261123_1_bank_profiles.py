"""bank profiles that are rows"""

import sqlalchemy as sa
from alembic import op
from app.kernel.triggers import lay

revision = "a1b2c3d4e501"
down_revision = "70d2ab8f690b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")


def upgrade():
    op.create_table(
        "bank_profile",
        sa.Column("id", BIG, nullable=False),
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'active', 'retired')",
                           name=op.f("ck_bank_profile_state")),
        sa.CheckConstraint("edition > 0", name=op.f("ck_bank_profile_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_profile")),
        sa.UniqueConstraint("code", "edition", name=op.f("uq_bank_profile_code_edition")),
    )
    op.create_index(op.f("ix_bank_profile_org_path"), "bank_profile", ["org_path"])
    lay(op.get_bind(), "bank_profile")
    none = {"nullable": False, "server_default": sa.text("0")}
    with op.batch_alter_table("pay_run") as table:
        table.add_column(sa.Column("profile_edition", sa.Integer(), **none))
    with op.batch_alter_table("result_file") as table:
        table.add_column(sa.Column("form", sa.String(length=12), nullable=False,
                                   server_default=sa.text("''")))


def downgrade():
    with op.batch_alter_table("result_file") as table:
        table.drop_column("form")
    with op.batch_alter_table("pay_run") as table:
        table.drop_column("profile_edition")
    op.drop_table("bank_profile")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION bank_profile_lasts()")
