"""Keep of every form of an answer how it came in and who wrote it down."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forms until now came as the answer they belong to did."""
    with op.batch_alter_table("response_revisions") as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=10), nullable=False, server_default="link"))
        batch_op.add_column(sa.Column("entered_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_response_revisions_entered_by_id_users"),
            "users",
            ["entered_by_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table("response_revisions") as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(length=10), server_default=None)
    revisions = sa.table("response_revisions", sa.column("response_id"), sa.column("source"))
    responses = sa.table("responses", sa.column("id"), sa.column("source"))
    imported = sa.select(responses.c.id).where(responses.c.source == "import")
    op.execute(revisions.update().where(revisions.c.response_id.in_(imported)).values(source="import"))


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("response_revisions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_response_revisions_entered_by_id_users"), type_="foreignkey")
        batch_op.drop_column("entered_by_id")
        batch_op.drop_column("source")
