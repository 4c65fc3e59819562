"""Keep what others were like when a wave closed, and which answers counted in a confidential one then."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# Waves that closed before have no cohorts: nobody knows any more what the others were like then.
# Confidential ones are fixed as they stand now, which is what was shown of them last.
_FIX_CONFIDENTIAL_WAVES = """
INSERT INTO closed_answers (wave_id, response, account, owner, persona, language)
SELECT responses.wave_id, responses.id, responses.account_id, wave_accounts.owner_id,
       invitations.persona_id, responses.language
FROM responses
JOIN waves ON waves.id = responses.wave_id
JOIN survey_versions ON survey_versions.id = waves.survey_version_id
JOIN surveys ON surveys.id = survey_versions.survey_id
JOIN invitations ON invitations.id = responses.invitation_id
JOIN contacts ON contacts.id = responses.contact_id
LEFT JOIN wave_accounts ON wave_accounts.wave_id = responses.wave_id
    AND wave_accounts.account_id = responses.account_id
WHERE surveys.is_confidential AND waves.state = 'closed'
    AND responses.quarantine_reason IS NULL AND contacts.merged_into_id IS NULL
"""


def upgrade() -> None:
    """Make the tables, and fix the confidential waves that have closed."""
    op.create_table(
        "frozen_cohorts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(24), nullable=False),
        sa.Column("traits", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("without_value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name="fk_frozen_cohorts_wave_id_waves", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("wave_id", "number", name="uq_frozen_cohorts_wave_id_number"),
    )
    op.create_table(
        "frozen_standings",
        sa.Column("wave_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name="fk_frozen_standings_wave_id_waves", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_frozen_standings_account_id_accounts",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_frozen_standings_account_id", "frozen_standings", ["account_id"])
    op.create_table(
        "closed_answers",
        sa.Column("wave_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("response", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=True),
        sa.Column("persona", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name="fk_closed_answers_wave_id_waves", ondelete="CASCADE"
        ),
    )
    op.execute(_FIX_CONFIDENTIAL_WAVES)


def downgrade() -> None:
    """Forget both; confidential waves are shown as their answers stand then."""
    op.drop_table("closed_answers")
    op.drop_index("ix_frozen_standings_account_id", table_name="frozen_standings")
    op.drop_table("frozen_standings")
    op.drop_table("frozen_cohorts")
