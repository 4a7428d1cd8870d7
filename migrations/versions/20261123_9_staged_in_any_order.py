"""on PostgreSQL waiting rows are found by their upload alone"""

from alembic import op

revision = "a1b2c3d4e510"
down_revision = "a1b2c3d4e511"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_staged_line_upload_id", "staged_line")
        op.create_index("ix_staged_line_upload", "staged_line", ["upload_id"])


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_staged_line_upload", "staged_line")
        op.create_index("ix_staged_line_upload_id", "staged_line", ["upload_id", "id_index"])
