"""supplements, recoveries, funds and changes of cards"""

import sqlalchemy as sa
from alembic import op
from app.kernel.triggers import lay, lift

revision = "a1b2c3d4e502"
down_revision = "a1b2c3d4e501"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    _card_change()
    _recovery()
    _fund_arrival()
    op.drop_index("uq_attempt_paid", "attempt")
    live = sa.text("state IN ('waiting', 'sent', 'unknown', 'paid')")
    op.create_index("uq_attempt_live", "attempt", ["payment_id"], unique=True,
                    sqlite_where=live, postgresql_where=live)
    lay(op.get_bind(), "recovery")


def downgrade():
    lift(op.get_bind(), "recovery")
    op.drop_index("uq_attempt_live", "attempt")
    paid = sa.text("state = 'paid'")
    op.create_index("uq_attempt_paid", "attempt", ["payment_id"], unique=True,
                    sqlite_where=paid, postgresql_where=paid)
    for table in ("fund_arrival", "recovery", "card_change"):
        op.drop_table(table)


def _key(table, column, other):
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _card_change():
    op.create_table(
        "card_change",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("id_mask", sa.String(30), nullable=False),
        sa.Column("old_card_id", BIG, nullable=True),
        sa.Column("old_card_mask", sa.String(30), nullable=False),
        sa.Column("card_no", sa.LargeBinary(), nullable=False),
        sa.Column("card_index", sa.LargeBinary(16), nullable=False),
        sa.Column("card_mask", sa.String(30), nullable=False),
        sa.Column("holder_name", sa.String(50), nullable=False),
        sa.Column("bank_name", sa.String(60), nullable=False),
        sa.Column("cnaps", sa.String(12), nullable=False),
        sa.Column("why", sa.String(7), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("new_card_id", BIG, nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('asked', 'changed', 'declined', 'withdrawn')",
                           name=op.f("ck_card_change_state")),
        _key("card_change", "school_id", "org"),
        _key("card_change", "enrolment_id", "enrolment"),
        _key("card_change", "person_id", "person"),
        _key("card_change", "old_card_id", "card"),
        _key("card_change", "new_card_id", "card"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_change")),
    )
    op.create_index(op.f("ix_card_change_org_path"), "card_change", ["org_path"])
    op.create_index("ix_card_change_person_id", "card_change", ["person_id"])
    asked = sa.text("state = 'asked'")
    op.create_index("uq_card_change_open", "card_change", ["person_id"], unique=True,
                    sqlite_where=asked, postgresql_where=asked)


def _recovery():
    op.create_table(
        "recovery",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=False),
        sa.Column("bureau_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("voucher_no", sa.String(40), nullable=False),
        sa.Column("repaid_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'agreed', 'repaid', 'void')",
                           name=op.f("ck_recovery_state")),
        sa.CheckConstraint("fen > 0", name=op.f("ck_recovery_fen")),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_recovery_months")),
        sa.CheckConstraint("state <> 'repaid' OR (voucher_no <> '' AND repaid_on IS NOT NULL)",
                           name=op.f("ck_recovery_voucher")),
        _key("recovery", "attempt_id", "attempt"),
        _key("recovery", "payment_id", "payment"),
        _key("recovery", "bureau_id", "org"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery")),
    )
    op.create_index(op.f("ix_recovery_org_path"), "recovery", ["org_path"])
    op.create_index("ix_recovery_payment_id", "recovery", ["payment_id"])


def _fund_arrival():
    op.create_table(
        "fund_arrival",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("bureau_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(60), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('recorded', 'arrived', 'struck')",
                           name=op.f("ck_fund_arrival_state")),
        sa.CheckConstraint("fen > 0", name=op.f("ck_fund_arrival_fen")),
        _key("fund_arrival", "bureau_id", "org"),
        _key("fund_arrival", "programme_id", "programme"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_arrival")),
    )
    op.create_index(op.f("ix_fund_arrival_org_path"), "fund_arrival", ["org_path"])
    op.create_index("ix_fund_arrival_bureau_id", "fund_arrival", ["bureau_id", "programme_id"])
