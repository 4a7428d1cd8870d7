"""a card that a list changes is written down as other changes are"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4e513"
down_revision = "a1b2c3d4e512"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TWO_PEOPLE = "state = 'withdrawn' OR decided_by = '' OR decided_by <> by"


def _open_ones(make):
    """The index over the open requests, which SQLite's making anew of the table may not carry."""
    asked = sa.text("state = 'asked'")
    if make:
        op.create_index("uq_card_change_open", "card_change", ["person_id"], unique=True,
                        sqlite_where=asked, postgresql_where=asked)  # fmt: skip
    else:
        op.drop_index("uq_card_change_open", "card_change")


def upgrade():
    _open_ones(make=False)
    with op.batch_alter_table("card_change") as batch:
        batch.add_column(sa.Column("origin", sa.String(7), nullable=False,
                                   server_default="request"))  # fmt: skip
        batch.add_column(sa.Column("list_id", BIG, nullable=True))
        batch.add_column(sa.Column("decided_by", sa.String(64), nullable=False,
                                   server_default=""))  # fmt: skip
        batch.alter_column("enrolment_id", existing_type=BIG, nullable=True)
        batch.create_check_constraint(op.f("ck_card_change_two_people"), TWO_PEOPLE)
    op.create_index("ix_card_change_list_id", "card_change", ["list_id"])
    _open_ones(make=True)


def downgrade():
    op.execute("DELETE FROM card_change WHERE origin = 'list'")
    _open_ones(make=False)
    op.drop_index("ix_card_change_list_id", "card_change")
    with op.batch_alter_table("card_change") as batch:
        batch.drop_constraint(op.f("ck_card_change_two_people"), type_="check")
        for name in ("origin", "list_id", "decided_by"):
            batch.drop_column(name)
        batch.alter_column("enrolment_id", existing_type=BIG, nullable=False)
    _open_ones(make=True)
