"""Drafts of surveys, how an answer came in, links only opened, triggers, open links and themes."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns; an answer that is complete today was completed when it came."""
    op.create_table(
        "themes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_themes")),
        sa.UniqueConstraint("key", name=op.f("uq_themes_key")),
    )
    op.create_table(
        "survey_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_survey_drafts_survey_id_surveys"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"],
            ["users.id"],
            name=op.f("fk_survey_drafts_updated_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_drafts")),
        sa.UniqueConstraint("survey_id", name=op.f("uq_survey_drafts_survey_id")),
    )
    op.create_table(
        "triggers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("event_kind", sa.String(length=20), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("personas", sa.JSON(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_triggers_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["users.id"], name=op.f("fk_triggers_sender_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_triggers_survey_id_surveys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
    )
    op.create_table(
        "open_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("survey_version_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("allowed_origins", sa.JSON(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name=op.f("fk_open_links_created_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["survey_version_id"],
            ["survey_versions.id"],
            name=op.f("fk_open_links_survey_version_id_survey_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_open_links_token_hash")),
    )
    op.create_table(
        "survey_draft_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_survey_draft_steps_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["survey_drafts.id"],
            name=op.f("fk_survey_draft_steps_draft_id_survey_drafts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_draft_steps")),
        sa.UniqueConstraint("draft_id", "number", name=op.f("uq_survey_draft_steps_draft_id_number")),
    )
    op.create_table(
        "open_responses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("open_link_id", sa.Integer(), nullable=False),
        sa.Column("visit_hash", sa.String(length=64), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("last_page", sa.String(length=40), nullable=False),
        sa.Column("quarantine_reason", sa.String(length=60), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rating IS NULL OR (rating >= 0 AND rating <= 10)", name=op.f("ck_open_responses_rating_on_scale")
        ),
        sa.ForeignKeyConstraint(
            ["open_link_id"],
            ["open_links.id"],
            name=op.f("fk_open_responses_open_link_id_open_links"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_responses")),
        sa.UniqueConstraint(
            "open_link_id", "visit_hash", name=op.f("uq_open_responses_open_link_id_visit_hash")
        ),
    )
    with op.batch_alter_table("open_responses") as batch_op:
        batch_op.create_index(
            "ix_open_responses_link_answered", ["open_link_id", "answered_at"], unique=False
        )

    op.create_table(
        "trigger_firings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trigger_id", sa.Integer(), nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("wave_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_trigger_firings_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_trigger_firings_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["trigger_id"],
            ["triggers.id"],
            name=op.f("fk_trigger_firings_trigger_id_triggers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_trigger_firings_wave_id_waves"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_firings")),
        sa.UniqueConstraint("trigger_id", "event_key", name=op.f("uq_trigger_firings_trigger_id_event_key")),
    )
    with op.batch_alter_table("trigger_firings") as batch_op:
        batch_op.create_index(batch_op.f("ix_trigger_firings_retry_at"), ["retry_at"], unique=False)
        batch_op.create_index("ix_trigger_firings_trigger_at", ["trigger_id", "at"], unique=False)

    op.create_table(
        "trigger_waves",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("trigger_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_trigger_waves_owner_id_users")),
        sa.ForeignKeyConstraint(
            ["trigger_id"],
            ["triggers.id"],
            name=op.f("fk_trigger_waves_trigger_id_triggers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_trigger_waves_wave_id_waves"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_trigger_waves")),
        sa.UniqueConstraint(
            "trigger_id", "period", "owner_id", name=op.f("uq_trigger_waves_trigger_id_period_owner_id")
        ),
    )
    op.create_table(
        "link_clicks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=12), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("doubt", sa.String(length=20), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_link_clicks_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_clicks")),
        sa.UniqueConstraint("invitation_id", "target", name=op.f("uq_link_clicks_invitation_id_target")),
    )
    with op.batch_alter_table("link_clicks") as batch_op:
        batch_op.create_index(batch_op.f("ix_link_clicks_last_at"), ["last_at"], unique=False)

    with op.batch_alter_table("responses") as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=10), nullable=False, server_default="link"))
        batch_op.add_column(sa.Column("entered_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("last_page", sa.String(length=40), nullable=False, server_default=""))
        batch_op.create_foreign_key(
            batch_op.f("fk_responses_entered_by_id_users"),
            "users",
            ["entered_by_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("survey_versions") as batch_op:
        batch_op.add_column(sa.Column("published_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_survey_versions_published_by_id_users"),
            "users",
            ["published_by_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("surveys") as batch_op:
        batch_op.add_column(
            sa.Column("is_confidential", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("waves") as batch_op:
        batch_op.add_column(sa.Column("is_imported", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("responses") as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(length=10), server_default=None)
        batch_op.alter_column("last_page", existing_type=sa.String(length=40), server_default=None)
    with op.batch_alter_table("surveys") as batch_op:
        batch_op.alter_column("is_confidential", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("waves") as batch_op:
        batch_op.alter_column("is_imported", existing_type=sa.Boolean(), server_default=None)
    responses = sa.table("responses", sa.column("state"), sa.column("completed_at"), sa.column("answered_at"))
    op.execute(
        responses.update().where(responses.c.state == "complete").values(completed_at=responses.c.answered_at)
    )


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("waves") as batch_op:
        batch_op.drop_column("is_imported")

    with op.batch_alter_table("surveys") as batch_op:
        batch_op.drop_column("archived_at")
        batch_op.drop_column("is_confidential")

    with op.batch_alter_table("survey_versions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_survey_versions_published_by_id_users"), type_="foreignkey")
        batch_op.drop_column("published_by_id")

    with op.batch_alter_table("responses") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_responses_entered_by_id_users"), type_="foreignkey")
        batch_op.drop_column("last_page")
        batch_op.drop_column("completed_at")
        batch_op.drop_column("started_at")
        batch_op.drop_column("entered_by_id")
        batch_op.drop_column("source")

    with op.batch_alter_table("link_clicks") as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_clicks_last_at"))

    op.drop_table("link_clicks")
    op.drop_table("trigger_waves")
    with op.batch_alter_table("trigger_firings") as batch_op:
        batch_op.drop_index("ix_trigger_firings_trigger_at")
        batch_op.drop_index(batch_op.f("ix_trigger_firings_retry_at"))

    op.drop_table("trigger_firings")
    with op.batch_alter_table("open_responses") as batch_op:
        batch_op.drop_index("ix_open_responses_link_answered")

    op.drop_table("open_responses")
    op.drop_table("survey_draft_steps")
    op.drop_table("open_links")
    op.drop_table("triggers")
    op.drop_table("survey_drafts")
    op.drop_table("themes")
