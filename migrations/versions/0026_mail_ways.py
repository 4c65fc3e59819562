"""Keep how each way that mail comes in by is faring."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: what each way did last is noted when it does it."""
    op.create_table(
        "mail_ways",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=False),
        sa.Column("confirm_url", sa.String(length=2000), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_ways")),
    )


def downgrade() -> None:
    """Forget it; a mailbox is gone through once more, and nothing in it is kept twice."""
    op.drop_table("mail_ways")
