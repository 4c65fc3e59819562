"""Decide about referrals as suggestions only."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop what moved to the suggestions."""
    with op.batch_alter_table("referrals") as batch_op:
        batch_op.drop_column("decision")
        batch_op.drop_column("decided_at")


def downgrade() -> None:
    """Make the columns again; the step before fills them."""
    with op.batch_alter_table("referrals") as batch_op:
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("decision", sa.String(length=10), nullable=True))
