"""Let a company say whether numbers in replies count in its scores."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """They count."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(
            sa.Column("is_reply_scored", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("company") as batch_op:
        batch_op.alter_column("is_reply_scored", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Forget the choice."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_column("is_reply_scored")
