"""rolls: the kinds of hardship, departments' rolls with their entries, and who is entitled by them"""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e508"
down_revision = "a1b2c3d4e507"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("staged_entry", "roll_upload", "roll_entry", "roll", "entitlement", "difficulty")
ORDER = "教财〔2018〕16号"
KINDS = (
    ("REGISTERED_POOR", "建档立卡家庭", dt.date(2021, 1, 1), f"{ORDER}；2021年前"),
    ("OUT_OF_POVERTY", "脱贫享受政策家庭", None, "2021年起，由建档立卡家庭而来"),
    ("MONITORED", "防止返贫监测对象", None, "脱贫不稳定、边缘易致贫、突发严重困难"),
    ("SUBSISTENCE", "最低生活保障家庭", None, ORDER),
    ("DESTITUTE", "特困供养", None, ORDER),
    ("ORPHAN", "孤儿（含事实无人抚养）", None, ORDER),
    ("MARTYR", "烈士子女、优抚家庭子女", None, ORDER),
    ("DISABLED", "家庭经济困难残疾学生", None, ORDER),
    ("OF_DISABLED", "残疾人子女", None, ORDER),
    ("RIGID_EXPENSE", "因病因灾刚性支出困难", None, ORDER),
    ("OTHER", "其他", None, ORDER),
)


def upgrade():
    _difficulty()
    _entitlement()
    _roll()
    _entry()
    _upload()
    _staged()


def downgrade():
    for table in TABLES:
        op.drop_table(table)


def _key(table, column, other):
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table, *columns):
    op.create_index(op.f(f"ix_{table}_{columns[0]}"), table, list(columns))


def _difficulty():
    table = op.create_table(
        "difficulty",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.UniqueConstraint("code", name=op.f("uq_difficulty_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difficulty")),
    )
    op.bulk_insert(table, [
        {"code": code, "name": name, "place": n, "retired_on": ended, "source": paper}
        for n, (code, name, ended, paper) in enumerate(KINDS, 1)
    ])


def _entitlement():
    op.create_table(
        "entitlement",
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("difficulty_id", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("struck", sa.Boolean(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_entitlement_months")),
        _key("entitlement", "person_id", "person"),
        _key("entitlement", "difficulty_id", "difficulty"),
        sa.UniqueConstraint("source", name=op.f("uq_entitlement_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
    )
    _index("entitlement", "person_id")


def _roll():
    op.create_table(
        "roll",
        sa.Column("bureau_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("department", sa.String(8), nullable=False),
        sa.Column("difficulty_id", sa.Integer(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(6), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('open', 'final')", name=op.f("ck_roll_state")),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_roll_months")),
        _key("roll", "bureau_id", "org"),
        _key("roll", "difficulty_id", "difficulty"),
        sa.UniqueConstraint("bureau_id", "title", name=op.f("uq_roll_bureau_id_title")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll")),
    )
    _index("roll", "org_path")


def _person():
    """Who a row of the file is about, and what it says of the household."""
    return [
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id_index", sa.LargeBinary(16), nullable=False),
        sa.Column("id_no", sa.LargeBinary(), nullable=False),
        sa.Column("id_mask", sa.String(30), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("county", sa.String(40), nullable=False),
        sa.Column("village", sa.String(60), nullable=False),
        sa.Column("household_no", sa.String(30), nullable=False),
        sa.Column("householder", sa.String(50), nullable=False),
    ]


def _entry():
    op.create_table(
        "roll_entry",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("roll_id", BIG, nullable=False),
        *_person(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("difficulty_id", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("match", sa.String(9), nullable=False),
        sa.Column("enrolment_id", BIG, nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("bureau_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("verdict", sa.String(3), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("verified_by", sa.String(64), nullable=False),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('unmatched', 'pending', 'verified', 'final', 'struck')",
                           name=op.f("ck_roll_entry_state")),
        sa.CheckConstraint("state NOT IN ('verified', 'final') OR verdict IN ('yes', 'no')",
                           name=op.f("ck_roll_entry_verdict")),
        _key("roll_entry", "roll_id", "roll"),
        _key("roll_entry", "difficulty_id", "difficulty"),
        _key("roll_entry", "enrolment_id", "enrolment"),
        _key("roll_entry", "school_id", "org"),
        _key("roll_entry", "bureau_id", "org"),
        sa.UniqueConstraint("roll_id", "id_index", name=op.f("uq_roll_entry_roll_id_id_index")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_entry")),
    )
    op.create_index("ix_roll_entry_org_path_id", "roll_entry", ["org_path", "id"])
    op.create_index("ix_roll_entry_id_index", "roll_entry", ["id_index"])
    op.create_index("ix_roll_entry_school_id_state", "roll_entry", ["school_id", "state"])
    op.create_index("ix_roll_entry_bureau_id_state", "roll_entry", ["bureau_id", "state"])


def _upload():
    op.create_table(
        "roll_upload",
        sa.Column("roll_id", BIG, nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (
            "row_count", "accepted", "rejected", "added", "changed", "unchanged", "skipped")),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('staged', 'taken', 'dropped')",
                           name=op.f("ck_roll_upload_state")),
        _key("roll_upload", "roll_id", "roll"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_upload")),
    )
    for column in ("at", "org_path", "roll_id", "sha256"):
        _index("roll_upload", column)


def _staged():
    op.create_table(
        "staged_entry",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        *_person(),
        sa.Column("id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_entry")),
    )
    op.create_index("ix_staged_entry_upload_id", "staged_entry", ["upload_id", "id_index"])
