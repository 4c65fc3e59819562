"""Reports say whether whoever asked for them saw every account."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take every report so far for one of all accounts: nobody noted who saw what, and roles have changed."""
    with op.batch_alter_table("reports") as table:
        table.add_column(sa.Column("sees_all", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("reports") as table:
        table.alter_column("sees_all", server_default=None)


def downgrade() -> None:
    """Forget who saw what."""
    with op.batch_alter_table("reports") as table:
        table.drop_column("sees_all")
