"""Reports that go out: schedules, and each report on its way to somebody."""

import sqlalchemy as sa
from alembic import op

from vocapp.core.db import UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def _link(name: str, target: str, *, is_needed: bool = False, gone: str = "CASCADE") -> sa.Column[int]:
    return sa.Column(
        name, sa.Integer(), sa.ForeignKey(f"{target}.id", ondelete=gone), nullable=not is_needed, index=True
    )


def upgrade() -> None:
    """Nothing was scheduled or sent so far."""
    op.create_table(
        "report_schedules",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        _link("account_id", "accounts"),
        _link("user_id", "users"),
        _link("owner_id", "users", is_needed=True),
        sa.Column("audience", sa.String(10), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("paper", sa.String(10), nullable=False),
        sa.Column("has_appendix", sa.Boolean(), nullable=False),
        sa.Column("rhythm", sa.String(20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "report_schedule_recipients",
        sa.Column("id", sa.Integer(), primary_key=True),
        _link("schedule_id", "report_schedules", is_needed=True),
        _link("user_id", "users"),
        _link("contact_id", "contacts"),
        sa.UniqueConstraint("schedule_id", "user_id"),
        sa.UniqueConstraint("schedule_id", "contact_id"),
    )
    op.create_table(
        "report_schedule_runs",
        sa.Column("id", sa.Integer(), primary_key=True),
        _link("schedule_id", "report_schedules", is_needed=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        _link("report_id", "reports", gone="SET NULL"),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("ran_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("schedule_id", "due_on"),
    )
    op.create_table(
        "report_shares",
        sa.Column("id", sa.Integer(), primary_key=True),
        _link("report_id", "reports", is_needed=True),
        _link("user_id", "users"),
        _link("contact_id", "contacts"),
        _link("sender_id", "users", is_needed=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime()),
        sa.UniqueConstraint("report_id", "user_id"),
        sa.UniqueConstraint("report_id", "contact_id"),
    )
    op.create_index("ix_report_shares_state_created_at", "report_shares", ["state", "created_at"])
    op.create_table(
        "report_share_openings",
        sa.Column("id", sa.Integer(), primary_key=True),
        _link("share_id", "report_shares", is_needed=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Forget what was scheduled and sent; reports stay."""
    for table in (
        "report_share_openings",
        "report_shares",
        "report_schedule_runs",
        "report_schedule_recipients",
        "report_schedules",
    ):
        op.drop_table(table)
