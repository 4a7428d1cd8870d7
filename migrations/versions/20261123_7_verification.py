"""verification: rounds, the files of suspicious records, and the cases they become"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e507"
down_revision = "a1b2c3d4e510"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("verification_case", "staged_case", "case_upload", "verification_round")


def upgrade():
    _round()
    _upload()
    _staged()
    _case()


def downgrade():
    for table in TABLES:
        op.drop_table(table)


def _key(table, column, other):
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table, *columns):
    op.create_index(op.f(f"ix_{table}_{columns[0]}"), table, list(columns))


def _round():
    op.create_table(
        "verification_round",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("bureau_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=True),
        sa.Column("last_month", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'ended')", name=op.f("ck_verification_round_state")
        ),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_verification_round_months")),
        _key("verification_round", "bureau_id", "org"),
        _key("verification_round", "programme_id", "programme"),
        sa.UniqueConstraint(
            "bureau_id", "title", name=op.f("uq_verification_round_bureau_id_title")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_round")),
    )
    _index("verification_round", "org_path")


def _upload():
    op.create_table(
        "case_upload",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in (
                "row_count",
                "accepted",
                "rejected",
                "added",
                "changed",
                "unchanged",
                "skipped",
            )
        ),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint(
            "state IN ('staged', 'taken', 'dropped')", name=op.f("ck_case_upload_state")
        ),
        _key("case_upload", "round_id", "verification_round"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_upload")),
    )
    for column in ("at", "org_path", "round_id", "sha256"):
        _index("case_upload", column)


def _said():
    """What a row of the file says, staged or taken."""
    return [
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(13), nullable=False),
        sa.Column("id_index", sa.LargeBinary(16), nullable=False),
        sa.Column("id_no", sa.LargeBinary(), nullable=False),
        sa.Column("id_mask", sa.String(30), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("clue", sa.String(300), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=True),
        sa.Column("last_month", sa.Integer(), nullable=True),
        sa.Column("fen", sa.BigInteger(), nullable=True),
    ]


def _staged():
    op.create_table(
        "staged_case",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        *_said(),
        sa.Column("id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_case")),
    )
    op.create_index("ix_staged_case_upload_id", "staged_case", ["upload_id", "id_index"])


def _case():
    told = "finding IS NOT NULL AND action IS NOT NULL AND explanation <> ''"
    op.create_table(
        "verification_case",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("round_title", sa.String(60), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        *_said(),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("finding", sa.String(8), nullable=True),
        sa.Column("action", sa.String(9), nullable=True),
        sa.Column("explanation", sa.String(500), nullable=False),
        sa.Column("proof", sa.String(200), nullable=False),
        sa.Column("checked_by", sa.String(40), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("back_fen", sa.BigInteger(), nullable=True),
        sa.Column("back_first", sa.Integer(), nullable=True),
        sa.Column("back_last", sa.Integer(), nullable=True),
        sa.Column("voucher_no", sa.String(40), nullable=False),
        sa.Column("repaid_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(64), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'answered', 'stray', 'closed')",
                           name=op.f("ck_verification_case_state")),
        sa.CheckConstraint(f"state NOT IN ('answered', 'closed') OR ({told})",
                           name=op.f("ck_verification_case_answered")),
        sa.CheckConstraint("back_fen IS NULL OR back_fen > 0",
                           name=op.f("ck_verification_case_back_fen")),
        _key("verification_case", "round_id", "verification_round"),
        _key("verification_case", "school_id", "org"),
        _key("verification_case", "upload_id", "case_upload"),
        sa.UniqueConstraint("round_id", "id_index", "school_id", "kind",
                            name="uq_verification_case_one"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_case")),
    )  # fmt: skip
    _index("verification_case", "name")
    op.create_index(
        "ix_verification_case_round_id_org_path",
        "verification_case",
        ["round_id", "org_path", "state"],
    )
    op.create_index("ix_verification_case_org_path_id", "verification_case", ["org_path", "id"])
    op.create_index(
        "ix_verification_case_school_id_state", "verification_case", ["school_id", "state"]
    )
