"""What mails that came in say, and who was done with them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "inbound_mails"
TEXTS = {"recipient": 320, "replacement": 320, "language": 10}


def upgrade() -> None:
    """Make room; mails kept until now say nothing yet."""
    with op.batch_alter_table(TABLE) as batch_op:
        for name, length in TEXTS.items():
            batch_op.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("return_date", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("done_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("done_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_inbound_mails_done_by_id_users"),
            "users",
            ["done_by_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table(TABLE) as batch_op:
        for name, length in TEXTS.items():
            batch_op.alter_column(name, existing_type=sa.String(length), server_default=None)


def downgrade() -> None:
    """Forget it; the mails themselves stay."""
    with op.batch_alter_table(TABLE) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_inbound_mails_done_by_id_users"), type_="foreignkey")
        for name in ("done_by_id", "done_at", "return_date", *TEXTS):
            batch_op.drop_column(name)
