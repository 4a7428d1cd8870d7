"""the table of bank formats cannot be emptied at once; its triggers are named as the trail's"""

from alembic import op
from app.kernel.triggers import lay

revision = "a1b2c3d4e509"
down_revision = "a1b2c3d4e506"
branch_labels = None
depends_on = None

NAMED_BEFORE = ("bank_profile_lasts", "bank_profile_stays")


def upgrade():
    on = " ON bank_profile" if op.get_bind().dialect.name == "postgresql" else ""
    for name in NAMED_BEFORE:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    lay(op.get_bind(), "bank_profile")


def downgrade():
    """What was refused before is refused under the new names too."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER bank_profile_no_emptying ON bank_profile")
