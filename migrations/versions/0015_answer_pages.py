"""Keep which page a form was of, whether it was saved in passing, and what was done after a wave."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forms until now were whole surveys that people sent."""
    with op.batch_alter_table("response_revisions") as batch_op:
        batch_op.add_column(sa.Column("page", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("is_autosaved", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("response_revisions") as batch_op:
        batch_op.alter_column("page", existing_type=sa.String(length=40), server_default=None)
        batch_op.alter_column("is_autosaved", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("waves") as batch_op:
        batch_op.add_column(sa.Column("we_did", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("waves") as batch_op:
        batch_op.alter_column("we_did", existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("waves") as batch_op:
        batch_op.drop_column("we_did")
    with op.batch_alter_table("response_revisions") as batch_op:
        batch_op.drop_column("is_autosaved")
        batch_op.drop_column("page")
