"""orders that came to nothing are found by their run"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e516"
down_revision = "a1b2c3d4e515"
branch_labels = None
depends_on = None

NOTHING = sa.text("live IS NULL")


def upgrade():
    op.create_index("ix_attempt_run_id_nothing", "attempt", ["run_id"], sqlite_where=NOTHING,
                    postgresql_where=NOTHING)  # fmt: skip


def downgrade():
    op.drop_index("ix_attempt_run_id_nothing", "attempt")
