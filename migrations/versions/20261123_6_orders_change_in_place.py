"""an order changes its state in place: what is unique about it stands in a column of its own"""

from alembic import op

revision = "a1b2c3d4e506"
down_revision = "a1b2c3d4e505"
branch_labels = None
depends_on = None

LIVE = "state IN ('waiting', 'sent', 'unknown', 'paid')"
WORKED_OUT = f"GENERATED ALWAYS AS (CASE WHEN {LIVE} THEN payment_id END)"


def upgrade():
    for index in ("uq_attempt_paid", "uq_attempt_live"):
        op.execute(f"DROP INDEX IF EXISTS {index}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE attempt SET (fillfactor = 50)")
        op.execute(f"ALTER TABLE attempt ADD COLUMN live BIGINT {WORKED_OUT} STORED")
    else:  # SQLite adds no stored column to a table that stands; a computed one holds as well
        op.execute(f"ALTER TABLE attempt ADD COLUMN live INTEGER {WORKED_OUT} VIRTUAL")
    op.execute("CREATE UNIQUE INDEX uq_attempt_live ON attempt (live) WHERE live IS NOT NULL")


def downgrade():
    op.execute("DROP INDEX uq_attempt_live")
    op.execute("ALTER TABLE attempt DROP COLUMN live")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE attempt RESET (fillfactor)")
    op.execute(f"CREATE UNIQUE INDEX uq_attempt_live ON attempt (payment_id) WHERE {LIVE}")
