"""A pilot may be a number of people, and be stopped; first mails may have a last day of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

NULLABLE = (
    ("pilot_others", sa.Integer()),
    ("pilot_stopped_at", sa.DateTime(timezone=True)),
    ("send_by", sa.DateTime(timezone=True)),
)


NEVER_SENT = """
UPDATE invitations
SET state = '{state}', settled_at = (SELECT closed_at FROM waves WHERE waves.id = invitations.wave_id)
WHERE state = 'planned' AND stopped_at IS NULL
  AND EXISTS (SELECT 1 FROM waves WHERE waves.id = invitations.wave_id AND waves.state = 'closed')
  AND {many} (SELECT 1 FROM messages WHERE messages.subject_kind = 'invitation'
    AND messages.subject_id = invitations.id AND messages.template = 'invitation' AND {mails})
"""


def upgrade() -> None:
    """Every pilot so far is a share; no wave had a last day for its first mails.

    Whom a closed wave was to ask and never wrote to is no longer called planned.
    """
    unwritable = "messages.state = 'failed' AND messages.cause = 'unwritable'"
    op.execute(NEVER_SENT.format(state="unwritten", many="EXISTS", mails=unwritable))
    may_have_left = "messages.state IN ('sending', 'sent', 'unknown')"
    op.execute(NEVER_SENT.format(state="too_late", many="NOT EXISTS", mails=may_have_left))
    op.add_column("waves", sa.Column("pilot_people", sa.Integer(), server_default="0", nullable=False))
    for name, kind in NULLABLE:
        op.add_column("waves", sa.Column(name, kind, nullable=True))
    with op.batch_alter_table("waves") as waves:
        waves.alter_column("pilot_people", server_default=None)


def downgrade() -> None:
    """A pilot of a number of people becomes the smallest share, so that it stays one.

    Mails that were never sent are planned again, as they were called before.
    """
    op.execute("UPDATE waves SET pilot_percent = 1 WHERE pilot_people > 0 AND pilot_percent = 0")
    op.execute("UPDATE waves SET pilot_days = NULL WHERE pilot_stopped_at IS NOT NULL")
    op.execute(
        "UPDATE invitations SET state = 'planned', settled_at = NULL WHERE state IN ('unwritten', 'too_late')"
    )
    with op.batch_alter_table("waves") as waves:
        for name, _kind in NULLABLE:
            waves.drop_column(name)
        waves.drop_column("pilot_people")
