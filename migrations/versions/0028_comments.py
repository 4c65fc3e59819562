"""Make comments searchable, and let people check the themes found in them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0030"
branch_labels = None
depends_on = None

# Read by the next worker: what is written stands in the answers, and this only finds it.
READ_ALL = """
INSERT INTO jobs (kind, key, payload, state, run_at, attempts, created_at)
  SELECT 'read_comments', 'read_comments', '{}', 'queued', CURRENT_TIMESTAMP, 0, CURRENT_TIMESTAMP
  WHERE EXISTS (SELECT 1 FROM responses)
"""


def upgrade() -> None:
    """One row per comment, one per judgement of a theme; comments are read in the background."""
    op.create_index("uq_responses_whose", "responses", ["id", "account_id", "contact_id"], unique=True)
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("persona_id", sa.Integer(), nullable=True),
        sa.Column("question", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=False),
        sa.Column("themes", sa.String(), nullable=True),
        sa.Column("tone", sa.Double(), nullable=True),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id", "account_id", "contact_id"],
            ["responses.id", "responses.account_id", "responses.contact_id"],
            name=op.f("fk_comments_response_id_account_id_contact_id_responses"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_comments_wave_id_waves"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_comments_persona_id_personas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("response_id", "question", name=op.f("uq_comments_response_id_question")),
    )
    op.create_index("ix_comments_account", "comments", ["account_id", "said_at"])
    op.create_index(
        "ix_comments_counted",
        "comments",
        ["themes", "band", "account_id", "contact_id", "wave_id", "persona_id", "language"],
    )
    op.create_index(op.f("ix_comments_wave_id"), "comments", ["wave_id"])
    op.create_index("ix_comments_said", "comments", ["said_at", "id"])
    op.create_index(op.f("ix_comments_language"), "comments", ["language"])
    op.create_index(op.f("ix_comments_lot"), "comments", ["lot"])
    op.create_table(
        "comment_labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("theme", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("theme <> ''", name=op.f("ck_comment_labels_theme_is_named")),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_comment_labels_comment_id_comments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_comment_labels_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_labels")),
        sa.UniqueConstraint(
            "user_id", "comment_id", "theme", name=op.f("uq_comment_labels_user_id_comment_id_theme")
        ),
    )
    op.create_index(op.f("ix_comment_labels_comment_id"), "comment_labels", ["comment_id"])
    op.create_index(op.f("ix_comment_labels_theme"), "comment_labels", ["theme"])
    op.execute(READ_ALL)


def downgrade() -> None:
    """Forget the judgements; the comments stay where they were read from."""
    op.drop_table("comment_labels")
    op.drop_table("comments")
    op.drop_index("uq_responses_whose", table_name="responses")
    op.execute("DELETE FROM jobs WHERE kind = 'read_comments' AND state = 'queued'")
