"""Figures of others, to compare with."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "outer_benchmarks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("industry", sa.String(length=80), nullable=False),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("respondents", sa.Integer(), nullable=True),
        sa.Column("accounts", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outer_benchmarks")),
        sa.UniqueConstraint(
            "source",
            "as_of",
            "measure",
            "industry",
            "region",
            name=op.f("uq_outer_benchmarks_source_as_of_measure_industry_region"),
        ),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("outer_benchmarks")
