"""the numbers of staged list rows rest sealed together; lines are found by person and last month

Rows that wait cannot be sealed anew without the keys: their uploads are put aside. The files are
kept, and can be sent again.
"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e514"
down_revision = "a1b2c3d4e513"
branch_labels = None
depends_on = None

SINGLE = ("id_no", "card_no")


def put_aside():
    op.execute("UPDATE upload SET state = 'dropped' WHERE state = 'staged'")
    op.execute("DELETE FROM staged_line")


def upgrade():
    put_aside()
    with op.batch_alter_table("staged_line") as batch:
        for name in SINGLE:
            batch.drop_column(name)
        batch.add_column(sa.Column("numbers", sa.LargeBinary(), nullable=False))
    op.create_index("ix_aid_line_person_id_last_month", "aid_line", ["person_id", "last_month"])
    op.drop_index("ix_aid_line_person_id", "aid_line")


def downgrade():
    put_aside()
    op.create_index("ix_aid_line_person_id", "aid_line", ["person_id"])
    op.drop_index("ix_aid_line_person_id_last_month", "aid_line")
    with op.batch_alter_table("staged_line") as batch:
        batch.drop_column("numbers")
        for name in SINGLE:
            batch.add_column(sa.Column(name, sa.LargeBinary(), nullable=False))
