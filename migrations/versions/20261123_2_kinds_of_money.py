"""supplements, recoveries, funds and changes of cards"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e502"
down_revision = "a1b2c3d4e501"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    _card_change()


def downgrade():
    op.drop_table("card_change")


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
