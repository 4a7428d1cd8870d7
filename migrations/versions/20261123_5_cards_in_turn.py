"""A card that is about to be put into use has a state of its own."""

from alembic import op

from app.kernel.triggers import lay, lift

revision = "a1b2c3d4e505"
down_revision = "a1b2c3d4e504"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _states("'claimed', 'next', 'active', 'closed'")


def downgrade() -> None:
    _states("'claimed', 'active', 'closed'")


def _states(allowed: str) -> None:
    lift(op.get_bind(), "recovery")  # SQLite makes the table anew, of which a rule speaks by now
    with op.batch_alter_table("card") as batch:
        batch.drop_constraint(op.f("ck_card_state"), type_="check")
        batch.create_check_constraint(op.f("ck_card_state"), f"state IN ({allowed})")
    lay(op.get_bind(), "recovery")
