"""Opportunities and events of other systems, accounts that become part of others, and when rows changed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DATED = ("accounts", "contacts")


def upgrade() -> None:
    """Make the tables and columns; nothing was changed since it was made, as far as anybody knows."""
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_accounts_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_accounts_merged_into_id_accounts"),
            "accounts",
            ["merged_into_id"],
            ["id"],
            ondelete="SET NULL",
        )
    for name in DATED:
        with op.batch_alter_table(name) as batch_op:
            batch_op.add_column(sa.Column("changed_at", MOMENT, nullable=True))
        table = sa.table(name, sa.column("created_at"), sa.column("changed_at"))
        op.get_bind().execute(sa.update(table).values(changed_at=table.c.created_at))
        with op.batch_alter_table(name) as batch_op:
            batch_op.alter_column("changed_at", existing_type=MOMENT, nullable=False)
    with op.batch_alter_table("renewal_outcomes") as batch_op:
        batch_op.add_column(
            sa.Column("source", sa.String(length=40), nullable=False, server_default="import")
        )
    with op.batch_alter_table("renewal_outcomes") as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(length=40), server_default=None)
    _make_opportunities()
    _make_events()


def _make_opportunities() -> None:
    op.create_table(
        "opportunities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_key", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("is_won", sa.Boolean(), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_opportunities_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
        sa.UniqueConstraint("source", "external_key", name=op.f("uq_opportunities_source_external_key")),
    )
    with op.batch_alter_table("opportunities") as batch_op:
        batch_op.create_index("ix_opportunities_account_close", ["account_id", "close_date"], unique=False)


def _make_events() -> None:
    op.create_table(
        "account_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_key", sa.String(length=120), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("urgent_at", MOMENT, nullable=True),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_events_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_account_events_contact_id_contacts"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
        sa.UniqueConstraint(
            "source", "kind", "external_key", name=op.f("uq_account_events_source_kind_external_key")
        ),
    )
    with op.batch_alter_table("account_events") as batch_op:
        batch_op.create_index(
            "ix_account_events_account_kind", ["account_id", "kind", "occurred_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_account_events_contact_id"), ["contact_id"], unique=False)


def downgrade() -> None:
    """Take them away; before this step a merged account can only be a former customer."""
    accounts = sa.table("accounts", sa.column("status"))
    op.get_bind().execute(sa.update(accounts).where(accounts.c.status == "merged").values(status="churned"))
    op.drop_table("account_events")
    op.drop_table("opportunities")
    with op.batch_alter_table("renewal_outcomes") as batch_op:
        batch_op.drop_column("source")
    for name in DATED:
        with op.batch_alter_table(name) as batch_op:
            batch_op.drop_column("changed_at")
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_accounts_merged_into_id_accounts"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_accounts_merged_into_id"))
        batch_op.drop_column("merged_into_id")
