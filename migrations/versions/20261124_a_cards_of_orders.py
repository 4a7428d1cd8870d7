"""an order goes to a card of whom its payment is for: the database says so"""

from alembic import op

from app.kernel.triggers import lay, lift

revision = "a1b2c3d4e517"
down_revision = "a1b2c3d4e516"
branch_labels = None
depends_on = None


def upgrade():
    lift(op.get_bind(), "recovery")
    lay(op.get_bind(), "recovery")


def downgrade():
    """What is laid is what the code says: there is nothing to take back."""
