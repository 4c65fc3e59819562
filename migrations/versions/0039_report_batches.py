"""Reports of a whole tier, asked for at once."""

import sqlalchemy as sa
from alembic import op

from vocapp.core.db import UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

NAME = "fk_reports_batch_id_report_batches"


def upgrade() -> None:
    """Every report so far was asked for alone."""
    op.create_table(
        "report_batches",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column(
            "requested_by",
            sa.Integer(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    with op.batch_alter_table("reports") as table:
        table.add_column(sa.Column("batch_id", sa.Integer()))
        table.create_foreign_key(NAME, "report_batches", ["batch_id"], ["id"], ondelete="SET NULL")
    op.create_index("ix_reports_batch_id", "reports", ["batch_id"])


def downgrade() -> None:
    """Keep the reports, forget which were asked for together."""
    op.drop_index("ix_reports_batch_id", "reports")
    with op.batch_alter_table("reports") as table:
        table.drop_constraint(NAME, type_="foreignkey")
        table.drop_column("batch_id")
    op.drop_table("report_batches")
