"""When the next business review with an account is."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has said so of any account yet."""
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.add_column(sa.Column("review_date", sa.Date(), nullable=True))


def downgrade() -> None:
    """The dates go; what was scheduled before a review has no rhythm any more and is let go."""
    # SQLite does not cascade while it migrates, and the next schedule might get the number of one that went.
    op.execute(
        "DELETE FROM report_schedule_recipients WHERE schedule_id IN"
        " (SELECT id FROM report_schedules WHERE rhythm = 'before_review')"
    )
    op.execute(
        "DELETE FROM report_schedule_runs WHERE schedule_id IN"
        " (SELECT id FROM report_schedules WHERE rhythm = 'before_review')"
    )
    op.execute("DELETE FROM report_schedules WHERE rhythm = 'before_review'")
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.drop_column("review_date")
