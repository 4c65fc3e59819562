"""Reports carry the company's logo and accent colour."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Reports look as they did until somebody chooses."""
    op.add_column("company", sa.Column("logo", sa.LargeBinary(), nullable=True))
    op.add_column(
        "company", sa.Column("accent", sa.String(length=7), server_default="#0f5261", nullable=False)
    )
    with op.batch_alter_table("company") as company:
        company.alter_column("accent", server_default=None)


def downgrade() -> None:
    """Forget both."""
    with op.batch_alter_table("company") as company:
        company.drop_column("accent")
        company.drop_column("logo")
