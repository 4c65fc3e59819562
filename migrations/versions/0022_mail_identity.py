"""When a check of the sender's identity last found nothing in the way of a launch."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "sender_checks",
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_sender_checks")),
    )


def downgrade() -> None:
    """Drop it; the next check fills it again."""
    op.drop_table("sender_checks")
