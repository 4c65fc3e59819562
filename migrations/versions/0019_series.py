"""Let waves be paused, people stopped, a pilot asked first, and waves be made by campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No mail is held and no wave is paused so far; there are no campaigns."""
    with op.batch_alter_table("messages") as batch_op:
        batch_op.add_column(sa.Column("is_held", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("messages") as batch_op:
        batch_op.alter_column("is_held", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("waves") as batch_op:
        batch_op.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("pilot_percent", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("pilot_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pilot_released_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("waves") as batch_op:
        batch_op.alter_column("pilot_percent", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.add_column(sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("stop_reason", sa.String(length=300), nullable=False, server_default="")
        )
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.alter_column("stop_reason", existing_type=sa.String(length=300), server_default=None)
    _make_campaigns()


def _make_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.String(length=12), nullable=False),
        sa.Column("renewal_days", sa.Integer(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("launch_on", sa.Date(), nullable=False),
        sa.Column("confirm_days", sa.Integer(), nullable=True),
        sa.Column("unconfirmed", sa.String(length=10), nullable=False),
        sa.Column("length_days", sa.Integer(), nullable=False),
        sa.Column("personal_note", sa.String(), nullable=False),
        sa.Column("pilot_percent", sa.Integer(), nullable=False),
        sa.Column("pilot_days", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name=op.f("fk_campaigns_created_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_campaigns_survey_id_surveys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_state"), "campaigns", ["state"])
    op.create_table(
        "campaign_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("launch_on", sa.Date(), nullable=False),
        sa.Column("confirm_by", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_runs_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_runs")),
        sa.UniqueConstraint("campaign_id", "period", name=op.f("uq_campaign_runs_campaign_id_period")),
    )
    op.create_table(
        "campaign_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_campaign_parts_owner_id_users")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["campaign_runs.id"],
            name=op.f("fk_campaign_parts_run_id_campaign_runs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_campaign_parts_wave_id_waves"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_parts")),
        sa.UniqueConstraint("run_id", "owner_id", name=op.f("uq_campaign_parts_run_id_owner_id")),
        sa.UniqueConstraint("wave_id", name=op.f("uq_campaign_parts_wave_id")),
    )
    op.create_index(op.f("ix_campaign_parts_owner_id"), "campaign_parts", ["owner_id"])


def downgrade() -> None:
    """Forget campaigns, pauses and who was stopped; what was held is not sent."""
    op.drop_table("campaign_parts")
    op.drop_table("campaign_runs")
    op.drop_table("campaigns")
    messages = sa.table("messages", sa.column("state"), sa.column("is_held"))
    op.execute(
        messages.update()
        .where(messages.c.is_held.is_(sa.true()), messages.c.state == "queued")
        .values(state="cancelled")
    )
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.drop_column("stop_reason")
        batch_op.drop_column("stopped_at")
    with op.batch_alter_table("waves") as batch_op:
        batch_op.drop_column("pilot_released_at")
        batch_op.drop_column("pilot_days")
        batch_op.drop_column("pilot_percent")
        batch_op.drop_column("paused_at")
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("is_held")
