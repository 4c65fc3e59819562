"""What is heard of messages after they went out, and how fast each group of mail hosts is written to."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENTS = ("tried_at", "delivered_at", "bounced_at", "complained_at")


def upgrade() -> None:
    """Make the tables and columns; until now a message was last tried when it was sent, or first tried."""
    with op.batch_alter_table("messages") as batch_op:
        batch_op.add_column(sa.Column("lane", sa.String(length=253), nullable=True))
        batch_op.add_column(sa.Column("cause", sa.String(length=20), nullable=True))
        for name in MOMENTS:
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_messages_lane_due", ["lane", "state", "next_attempt_at"])
        batch_op.create_index("ix_messages_sent_at", ["sent_at"])
        batch_op.create_index("ix_messages_lane_tried", ["lane", "tried_at"])
    op.execute(
        "UPDATE messages SET tried_at = COALESCE(sent_at, first_tried_at) WHERE first_tried_at IS NOT NULL"
    )
    op.create_table(
        "mail_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_mail_events_message_id_messages"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_events")),
        sa.UniqueConstraint("event_key", name=op.f("uq_mail_events_event_key")),
    )
    op.create_index(op.f("ix_mail_events_message_id"), "mail_events", ["message_id"])
    op.create_index(op.f("ix_mail_events_received_at"), "mail_events", ["received_at"])
    op.create_table(
        "mail_lanes",
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pace", sa.Double(), nullable=False),
        sa.Column("slowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("setbacks", sa.Integer(), nullable=False),
        sa.Column("cooling_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cooling_reason", sa.String(length=500), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_reason", sa.String(length=500), nullable=True),
        sa.Column("resumes_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_lanes")),
    )
    op.create_index(op.f("ix_mail_lanes_ready_at"), "mail_lanes", ["ready_at"])
    op.create_table(
        "mail_pacing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("warm_up_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pacing")),
    )


def downgrade() -> None:
    """Forget what was heard; messages stay."""
    op.drop_table("mail_pacing")
    op.drop_table("mail_lanes")
    op.drop_table("mail_events")
    with op.batch_alter_table("messages") as batch_op:
        for name in ("ix_messages_lane_tried", "ix_messages_sent_at", "ix_messages_lane_due"):
            batch_op.drop_index(name)
        for name in ("lane", "cause", *MOMENTS):
            batch_op.drop_column(name)
