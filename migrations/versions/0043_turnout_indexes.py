"""Indexes from which all invitations and answers are counted without reading their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

COUNTED = sa.text("quarantine_reason IS NULL")


def upgrade() -> None:
    """Add them."""
    op.create_index(
        "ix_invitations_turnout",
        "invitations",
        ["wave_id", "account_id", "contact_id", "persona_id", "state"],
    )
    op.create_index(
        "ix_responses_counted",
        "responses",
        ["invitation_id"],
        sqlite_where=COUNTED,
        postgresql_where=COUNTED,
    )
    op.create_index(
        "ix_responses_rated",
        "responses",
        ["account_id", "rating", "wave_id", "answered_at", "quarantine_reason"],
    )


def downgrade() -> None:
    """Take them out again."""
    op.drop_index("ix_responses_rated", "responses")
    op.drop_index("ix_responses_counted", "responses")
    op.drop_index("ix_invitations_turnout", "invitations")
