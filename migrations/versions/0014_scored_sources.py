"""Let a company say whether answers given by phone and imported history count in its scores."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything counts, as it did."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(
            sa.Column("is_phone_scored", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(
            sa.Column("is_import_scored", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("company") as batch_op:
        batch_op.alter_column("is_phone_scored", existing_type=sa.Boolean(), server_default=None)
        batch_op.alter_column("is_import_scored", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Forget the choice."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_column("is_import_scored")
        batch_op.drop_column("is_phone_scored")
