"""Mails that came in."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = "inbound_mails"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("envelope_from", sa.String(length=320), nullable=False),
        sa.Column("envelope_to", sa.String(length=320), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        _points_at("account_id", "accounts", "CASCADE"),
        _points_at("contact_id", "contacts", "CASCADE"),
        _points_at("invitation_id", "invitations", "SET NULL"),
        _points_at("message_id", "messages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_inbound_mails_key")),
    )
    op.create_index("ix_inbound_mails_state_received", TABLE, ["state", "received_at"])
    op.create_index("ix_inbound_mails_account_received", TABLE, ["account_id", "received_at"])
    for column in ("contact_id", "invitation_id", "message_id"):
        op.create_index(op.f(f"ix_inbound_mails_{column}"), TABLE, [column])


def downgrade() -> None:
    """Drop it, and with it every mail that came in."""
    op.drop_table(TABLE)


def _points_at(column: str, table: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_inbound_mails_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete=ondelete)
