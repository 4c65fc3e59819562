"""Keep what scores are made with as versions, and say of each score which one made it."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

# What every score was made with until now.
FIRST = {
    "footprint_weight": 0.3,
    "engagement_weight": 0.4,
    "sentiment_weight": 0.3,
    "floor": 5.0,
    "minimum_weight": 50.0,
    "green_from": 70.0,
    "red_below": 40.0,
    "certainty": 80.0,
    "hysteresis": 5.0,
    "minimum_component": 40.0,
    "silent_waves": 2.0,
    "complete_worth": 100.0,
    "partial_worth": 50.0,
    "declined_worth": 25.0,
    "half_life": 12.0,
    "engagement_pull": 4.0,
    "sentiment_days": 365.0,
    "sentiment_pull": 4.0,
    "pull_from": 2.0,
    "pull_to": 50.0,
    "pull_accounts": 30.0,
    "tier_accounts": 10.0,
    "high_to": 20.0,
    "medium_to": 40.0,
}


def upgrade() -> None:
    """Store the first version, which made every score there is."""
    versions = op.create_table(
        "method_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("refusal", sa.String(length=300), nullable=False),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('in_force', 'retired')) = (in_force_from IS NOT NULL)",
            name=op.f("ck_method_versions_held_since_a_day"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["users.id"], name=op.f("fk_method_versions_made_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_method_versions_decided_by_id_users")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_method_versions")),
    )
    stands_alone = sa.text("state IN ('draft', 'waiting', 'in_force')")
    op.create_index(
        "uq_method_versions_state",
        "method_versions",
        ["state"],
        unique=True,
        sqlite_where=stands_alone,
        postgresql_where=stands_alone,
    )
    now = datetime.now(UTC)
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    op.bulk_insert(
        versions,
        [
            {
                "number": 1,
                "parameters": FIRST,
                "state": "in_force",
                "in_force_from": date(2000, 1, 1),
                "note": "",
                "refusal": "",
                "saves": 0,
                "editors": [],
                "next_review_on": date(now.year + 1, now.month, day),
                "created_at": now,
                "changed_at": now,
            }
        ],
    )
    # Its default stays: without it SQLite would have to copy the whole table.
    made_by = sa.Column("method_version", sa.Integer(), nullable=False, server_default="1")
    op.add_column("account_scores", made_by)


def downgrade() -> None:
    """Forget the versions; scores stay as they were computed."""
    op.drop_column("account_scores", "method_version")
    op.drop_table("method_versions")
