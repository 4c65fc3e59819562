"""What the mails of waves say: the company's words, locked parts, a wave's own words, mails after answers."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room; what was launched or prepared says what it said."""
    _add("company", sa.Column("mail_words", sa.JSON(), nullable=False, server_default="{}"))
    _add("company", sa.Column("locked_words", sa.JSON(), nullable=False, server_default="[]"))
    _add("waves", sa.Column("mail_words", sa.JSON(), nullable=False, server_default="{}"))
    _add("waves", sa.Column("has_thanks", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("waves", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Forget words of our own; mails say what the product says again."""
    for table, names in (
        ("waves", ("told_at", "has_thanks", "mail_words")),
        ("company", ("locked_words", "mail_words")),
    ):
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)


def _add(table: str, column: "sa.Column[object]") -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(column)
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column.name, existing_type=column.type, server_default=None)
