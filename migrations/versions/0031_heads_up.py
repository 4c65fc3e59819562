"""Champions are told before a wave that their colleagues are asked, too."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No wave so far told them."""
    op.add_column("waves", sa.Column("has_heads_up", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("waves") as waves:
        waves.alter_column("has_heads_up", server_default=None)


def downgrade() -> None:
    """Forget who was told."""
    with op.batch_alter_table("waves") as waves:
        waves.drop_column("has_heads_up")
