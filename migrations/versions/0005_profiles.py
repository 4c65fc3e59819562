"""Persona weights by date, exceptions from profiles, rules for tiers, notes and saved filters."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "knowing_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("verified_days", sa.Integer(), nullable=False),
        sa.Column("silent_waves", sa.Integer(), nullable=False),
        sa.Column("roster_days", sa.Integer(), nullable=False),
        sa.Column("champion_every_days", sa.Integer(), nullable=False),
        sa.Column("champion_open_days", sa.Integer(), nullable=False),
        sa.Column("assessment_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowing_rules")),
        sa.UniqueConstraint("effective_from", name=op.f("uq_knowing_rules_effective_from")),
    )
    op.create_table(
        "persona_weights",
        sa.Column("persona_id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.CheckConstraint("weight > 0", name=op.f("ck_persona_weights_weight_is_positive")),
        sa.ForeignKeyConstraint(
            ["persona_id"],
            ["personas.id"],
            name=op.f("fk_persona_weights_persona_id_personas"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("persona_id", "effective_from", name=op.f("pk_persona_weights")),
    )
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_filters_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("user_id", "place", "name", name=op.f("uq_saved_filters_user_id_place_name")),
    )
    op.create_table(
        "tier_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("coverage_model", sa.String(length=10), nullable=True),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_tier_rules_tier_id_tiers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_tier_rules_name")),
    )
    op.create_table(
        "profile_overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("scope_value", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("persona_id", sa.Integer(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(scope = 'account') = (account_id IS NOT NULL)",
            name=op.f("ck_profile_overrides_account_fits_scope"),
        ),
        sa.CheckConstraint("required >= 0", name=op.f("ck_profile_overrides_required_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_profile_overrides_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_profile_overrides_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_profile_overrides_persona_id_personas")
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_profile_overrides_tier_id_tiers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_overrides")),
    )
    with op.batch_alter_table("profile_overrides") as batch_op:
        batch_op.create_index(batch_op.f("ix_profile_overrides_account_id"), ["account_id"], unique=False)
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_notes_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_notes_author_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_notes_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes") as batch_op:
        batch_op.create_index("ix_notes_account_at", ["account_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notes_contact_id"), ["contact_id"], unique=False)
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.add_column(
            sa.Column("growth_potential", sa.String(length=6), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("coverage_model", sa.String(length=10), nullable=False, server_default="standard")
        )
        batch_op.add_column(
            sa.Column("is_coverage_by_rule", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("search_text", sa.String(), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_accounts_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index("ix_accounts_search", ["search_text"], unique=False)
        batch_op.create_index(
            "ix_accounts_worth", ["status", "owner_id", "arr", "currency", "renewal_date"], unique=False
        )
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.add_column(sa.Column("influence", sa.String(length=6), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("reports_to_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("search_text", sa.String(), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_contacts_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(
            "ix_contacts_search", ["search_text", "merged_into_id", "account_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_contacts_reports_to_id_contacts"),
            "contacts",
            ["reports_to_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_contacts_merged_into_id_contacts"),
            "contacts",
            ["merged_into_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table("personas") as batch_op:
        batch_op.add_column(
            sa.Column("customer_words", sa.String(length=120), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("retired_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("personas") as batch_op:
        batch_op.drop_column("retired_on")
        batch_op.drop_column("customer_words")
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_contacts_merged_into_id_contacts"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_contacts_reports_to_id_contacts"), type_="foreignkey")
        batch_op.drop_index("ix_contacts_search")
        batch_op.drop_index(batch_op.f("ix_contacts_merged_into_id"))
        batch_op.drop_column("search_text")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("reports_to_id")
        batch_op.drop_column("influence")
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.drop_index("ix_accounts_worth")
        batch_op.drop_index("ix_accounts_search")
        batch_op.drop_index(batch_op.f("ix_accounts_parent_id"))
        batch_op.drop_column("search_text")
        batch_op.drop_column("is_coverage_by_rule")
        batch_op.drop_column("coverage_model")
        batch_op.drop_column("growth_potential")
    op.drop_table("notes")
    op.drop_table("profile_overrides")
    op.drop_table("tier_rules")
    op.drop_table("saved_filters")
    op.drop_table("persona_weights")
    op.drop_table("knowing_rules")
