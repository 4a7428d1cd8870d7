"""the months students were away, as rows of their own

Who is away today has an open period since the month the registry tells. Periods that were over
before were never kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e512"
down_revision = "a1b2c3d4e508"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
STILL_AWAY = """
INSERT INTO absence (org_path, school_id, enrolment_id, state, first_month, told_at)
SELECT org_path, school_id, id, state, left_in, CURRENT_TIMESTAMP FROM enrolment
WHERE state NOT IN ('01', '05') AND left_in IS NOT NULL
"""


def upgrade():
    op.create_table(
        "absence",
        sa.Column("org_path", PATH, nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", BIG, nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=True),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("id", BIG, nullable=False),
        sa.CheckConstraint("last_month >= first_month - 1", name=op.f("ck_absence_months")),
        sa.ForeignKeyConstraint(["school_id"], ["org.id"], name=op.f("fk_absence_school_id")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_absence_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_enrolment_id", "absence", ["enrolment_id"])
    op.create_index("ix_absence_school_id", "absence", ["school_id"])
    still = sa.text("last_month IS NULL")
    op.create_index("uq_absence_open", "absence", ["enrolment_id"], unique=True,
                    sqlite_where=still, postgresql_where=still)
    op.execute(STILL_AWAY)


def downgrade():
    op.drop_table("absence")
