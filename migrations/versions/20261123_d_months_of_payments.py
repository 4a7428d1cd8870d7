"""what orders and months stand for is asked once a statement; leavers are found by the day it was
told"""

from contextlib import contextmanager

from alembic import op

from app.kernel.triggers import lay, lift

revision = "a1b2c3d4e515"
down_revision = "a1b2c3d4e514"
branch_labels = None
depends_on = None

PARENTS = {"person_id": "person", "programme_id": "programme"}


LIVE = "CASE WHEN state IN ('waiting', 'sent', 'unknown', 'paid') THEN payment_id END"


@contextmanager
def attempts_anew():
    """The table of orders, to be changed. SQLite makes it anew and cannot copy a computed column:
    it is worked out again."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("DROP INDEX uq_attempt_live")
        op.execute("ALTER TABLE attempt DROP COLUMN live")
    with op.batch_alter_table("attempt") as batch:
        yield batch
    if sqlite:
        worked_out = f"GENERATED ALWAYS AS ({LIVE}) VIRTUAL"
        op.execute(f"ALTER TABLE attempt ADD COLUMN live INTEGER {worked_out}")
        op.execute("CREATE UNIQUE INDEX uq_attempt_live ON attempt (live) WHERE live IS NOT NULL")


def upgrade():
    lift(op.get_bind(), "recovery")
    with attempts_anew() as batch:
        batch.drop_constraint(op.f("fk_attempt_payment_id"), type_="foreignkey")
    with op.batch_alter_table("covered_month") as batch:
        for column in PARENTS:
            batch.drop_constraint(op.f(f"fk_covered_month_{column}"), type_="foreignkey")
    lay(op.get_bind(), "recovery")
    op.create_index("ix_absence_school_id_told_at", "absence", ["school_id", "told_at"])
    op.drop_index("ix_absence_school_id", "absence")


def downgrade():
    op.create_index("ix_absence_school_id", "absence", ["school_id"])
    op.drop_index("ix_absence_school_id_told_at", "absence")
    lift(op.get_bind(), "recovery")
    with attempts_anew() as batch:
        batch.create_foreign_key(op.f("fk_attempt_payment_id"), "payment", ["payment_id"], ["id"])
    with op.batch_alter_table("covered_month") as batch:
        for column, parent in PARENTS.items():
            name = op.f(f"fk_covered_month_{column}")
            batch.create_foreign_key(name, parent, [column], ["id"])
    lay(op.get_bind(), "recovery")
