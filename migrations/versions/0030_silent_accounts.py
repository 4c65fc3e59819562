"""Keep how many waves in a row an account left unanswered, and when somebody there was last heard."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0027"
branch_labels = None
depends_on = None

_schedules = sa.table(
    "schedules",
    sa.column("name", sa.String()),
    sa.column("next_run_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Add the columns, empty, and have every account rescored at once: that fills them."""
    op.add_column("account_scores", sa.Column("silent_waves", sa.Integer(), nullable=True))
    op.add_column("account_scores", sa.Column("decision_maker_silent_waves", sa.Integer(), nullable=True))
    op.add_column("account_scores", sa.Column("last_heard", sa.Date(), nullable=True))
    op.execute(
        _schedules.update()
        .where(_schedules.c.name == "rescore_everything")
        .values(next_run_at=datetime.now(UTC))
    )


def downgrade() -> None:
    """Drop them; the next full rescore would find them again."""
    op.drop_column("account_scores", "last_heard")
    op.drop_column("account_scores", "decision_maker_silent_waves")
    op.drop_column("account_scores", "silent_waves")
