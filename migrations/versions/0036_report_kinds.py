"""Reports of four kinds, in languages, sheets and editions."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

reports = sa.table(
    "reports",
    sa.column("id", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("snapshot", sa.JSON),
    sa.column("snapshot_id", sa.String),
)
LOOKS = (
    ("audience", sa.String(10), "internal"),
    ("language", sa.String(10), "en"),
    ("paper", sa.String(10), "a4"),
    ("has_appendix", sa.Boolean(), sa.false()),
    ("edition", sa.Integer(), "1"),
)
SUBJECTS = (
    ("wave_id", "waves", "CASCADE"),
    ("user_id", "users", "CASCADE"),
    ("previous_id", "reports", "SET NULL"),
)


def upgrade() -> None:
    """Every report so far is an inner one about an account, in English, on A4."""
    with op.batch_alter_table("reports") as table:
        for name, kind, default in LOOKS:
            table.add_column(sa.Column(name, kind, server_default=default, nullable=False))
        for name, target, gone in SUBJECTS:
            table.add_column(sa.Column(name, sa.Integer()))
            table.create_foreign_key(f"fk_reports_{name}_{target}", target, [name], ["id"], ondelete=gone)
        table.add_column(sa.Column("snapshot_id", sa.String(12)))
    with op.batch_alter_table("reports") as table:
        for name, _kind, _default in LOOKS:
            table.alter_column(name, server_default=None)
    for name in ("wave_id", "user_id", "previous_id", "snapshot_id"):
        op.create_index(f"ix_reports_{name}", "reports", [name])
    op.create_index("ix_reports_kind_created_at", "reports", ["kind", "created_at"])
    connection = op.get_bind()
    frozen = sa.select(reports.c.id, reports.c.snapshot).where(reports.c.snapshot.is_not(None))
    for key, snapshot in connection.execute(frozen).all():
        if snapshot is not None:
            named = reports.update().where(reports.c.id == key).values(snapshot_id=_name(snapshot))
            connection.execute(named)


def _name(snapshot: object) -> str:
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:12]


def downgrade() -> None:
    """Reports of other kinds go: nothing else could show them."""
    op.execute(reports.delete().where(reports.c.kind != "account"))
    op.drop_index("ix_reports_kind_created_at", "reports")
    for name in ("wave_id", "user_id", "previous_id", "snapshot_id"):
        op.drop_index(f"ix_reports_{name}", "reports")
    with op.batch_alter_table("reports") as table:
        for name, target, _gone in SUBJECTS:
            table.drop_constraint(f"fk_reports_{name}_{target}", type_="foreignkey")
            table.drop_column(name)
        for name, _kind, _default in LOOKS:
            table.drop_column(name)
        table.drop_column("snapshot_id")
