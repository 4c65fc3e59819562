"""Tokens of the JSON interface, and the answers it remembers."""

import sqlalchemy as sa
from alembic import op

from vocapp.core.db import UtcDateTime

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has a token yet."""
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column(
            "user_id",
            sa.Integer(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("created_by_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("ending", sa.String(4), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
    )
    op.create_table(
        "api_answers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "token_id", sa.Integer(), sa.ForeignKey("api_tokens.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("location", sa.String(300), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
        sa.UniqueConstraint("token_id", "key"),
    )


def downgrade() -> None:
    """Tokens are lost: whoever had one needs a new one."""
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
