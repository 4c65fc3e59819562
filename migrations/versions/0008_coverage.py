"""Footprints by day, gaps and daily sums."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    with op.batch_alter_table("wave_accounts") as batch_op:
        batch_op.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_wave_accounts_owner_id_users"), "users", ["owner_id"], ["id"]
        )
    op.create_table(
        "coverage_days",
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("identified_seats", sa.Integer(), nullable=False),
        sa.Column("verified_seats", sa.Integer(), nullable=False),
        sa.Column("reachable_seats", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("verified_people", sa.Integer(), nullable=False),
        sa.Column("single_threaded", sa.Integer(), nullable=False),
        sa.Column("without_champion", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("on_day", "owner_id", name=op.f("pk_coverage_days")),
    )
    op.create_table(
        "footprint_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("is_latest", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("identified", sa.Double(), nullable=True),
        sa.Column("verified", sa.Double(), nullable=True),
        sa.Column("reachable", sa.Double(), nullable=True),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("identified_seats", sa.Integer(), nullable=False),
        sa.Column("verified_seats", sa.Integer(), nullable=False),
        sa.Column("reachable_seats", sa.Integer(), nullable=False),
        sa.Column("seats", sa.JSON(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("verified_people", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("active_personas", sa.Integer(), nullable=False),
        sa.Column("gap_since", sa.Date(), nullable=True),
        sa.Column("is_single_threaded", sa.Boolean(), nullable=False),
        sa.Column("lacks_champion", sa.Boolean(), nullable=False),
        sa.Column("has_lost_champion", sa.Boolean(), nullable=False),
        sa.Column("is_unanswered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_footprint_days_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footprint_days")),
        sa.UniqueConstraint("account_id", "on_day", name=op.f("uq_footprint_days_account_id_on_day")),
    )
    with op.batch_alter_table("footprint_days") as batch_op:
        batch_op.create_index(
            "ix_footprint_days_current",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("is_latest = 1"),
            postgresql_where=sa.text("is_latest"),
        )
        batch_op.create_index(
            "ix_footprint_days_gaps",
            [
                "account_id",
                "required",
                "verified_seats",
                "has_lost_champion",
                "lacks_champion",
                "is_single_threaded",
                "is_unanswered",
            ],
            unique=False,
            sqlite_where=sa.text("is_latest = 1"),
            postgresql_where=sa.text("is_latest"),
        )
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("persona_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_gaps_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_gaps_owner_id_users")),
        sa.ForeignKeyConstraint(["persona_id"], ["personas.id"], name=op.f("fk_gaps_persona_id_personas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    with op.batch_alter_table("gaps") as batch_op:
        batch_op.create_index("ix_gaps_account_closed", ["account_id", "closed_on"], unique=False)
        batch_op.create_index("ix_gaps_closed_on", ["closed_on"], unique=False)
        batch_op.create_index("ix_gaps_opened_on", ["opened_on"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_table("gaps")
    op.drop_table("footprint_days")
    op.drop_table("coverage_days")
    with op.batch_alter_table("wave_accounts") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_wave_accounts_owner_id_users"), type_="foreignkey")
        batch_op.drop_column("owner_id")
