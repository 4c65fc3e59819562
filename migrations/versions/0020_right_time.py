"""Absent people, hours of mails, reminders in steps, who is asked later, and how often anybody is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

waves = sa.table("waves", sa.column("state", sa.String()), sa.column("reminder_days", sa.JSON()))
invitations = sa.table(
    "invitations",
    sa.column("reminders_sent", sa.Integer()),
    sa.column("reminded_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Make room; a wave that was launched keeps the one reminder it promised, and who got it had one."""
    _add("contacts", sa.Column("is_on_leave", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contacts", sa.Column("absent_until", sa.Date(), nullable=True))
    _add("accounts", sa.Column("time_zone", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("hours_zone", sa.String(length=64), nullable=True))
    op.add_column("messages", sa.Column("hours_country", sa.String(length=2), nullable=True))
    _add("waves", sa.Column("reminder_days", sa.JSON(), nullable=False, server_default="[3, 8]"))
    for name in ("has_prenotice", "is_any_hour", "is_for_verified", "is_in_own_language"):
        _add("waves", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(waves.update().where(waves.c.state != "draft").values(reminder_days=[3]))
    _add("invitations", sa.Column("reminders_sent", sa.Integer(), nullable=False, server_default="0"))
    op.execute(invitations.update().where(invitations.c.reminded_at.is_not(None)).values(reminders_sent=1))
    op.add_column("exclusions", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("exclusions", sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_exclusions_ask_at"), "exclusions", ["ask_at"])
    op.create_table(
        "fatigue_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("relationship_rest_days", sa.Integer(), nullable=False),
        sa.Column("tolerance_days", sa.Integer(), nullable=False),
        sa.Column("transactional_rest_days", sa.Integer(), nullable=False),
        sa.Column("person_mails", sa.Integer(), nullable=False),
        sa.Column("person_days", sa.Integer(), nullable=False),
        sa.Column("account_people", sa.Integer(), nullable=True),
        sa.Column("account_days", sa.Integer(), nullable=False),
        sa.Column("quiet_days", sa.Integer(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fatigue_rules")),
    )
    op.create_table(
        "survey_paces",
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("rest_days", sa.Integer(), nullable=True),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_survey_paces_survey_id_surveys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_survey_paces")),
    )


def downgrade() -> None:
    """Forget all of it."""
    op.drop_table("survey_paces")
    op.drop_table("fatigue_rules")
    op.drop_index(op.f("ix_exclusions_ask_at"), "exclusions")
    for table, names in (
        ("exclusions", ("ask_at", "until")),
        ("invitations", ("reminders_sent",)),
        ("waves", ("is_in_own_language", "is_for_verified", "is_any_hour", "has_prenotice", "reminder_days")),
        ("messages", ("hours_country", "hours_zone")),
        ("accounts", ("time_zone",)),
        ("contacts", ("absent_until", "is_on_leave")),
    ):
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)


def _add(table: str, column: "sa.Column[object]") -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(column)
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column.name, existing_type=column.type, server_default=None)
