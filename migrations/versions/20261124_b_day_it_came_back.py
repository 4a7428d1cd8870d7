"""an order that came back keeps the day on which it had arrived"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e5d1"
down_revision = "a1b2c3d4e517"
branch_labels = None
depends_on = None

BACK = "UPDATE attempt SET returned_on = arrived_on, arrived_on = ({told}) WHERE state = 'returned'"
TOLD = (
    "SELECT max(r.arrived_on) FROM result_line r WHERE r.attempt_id = attempt.id"
    " AND r.fate = 'posted' AND r.outcome = 'paid'"
)
"""The day that the bank named when it said that the money had arrived."""


def upgrade():
    op.add_column("attempt", sa.Column("returned_on", sa.Date(), nullable=True))
    op.execute(BACK.format(told=TOLD))


def downgrade():
    op.execute("UPDATE attempt SET arrived_on = returned_on WHERE state = 'returned'")
    op.drop_column("attempt", "returned_on")
