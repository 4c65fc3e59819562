"""Uploaded files on their way in: one run per file, from its preview to its report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from vocapp.accounts.columns import TableKind
from vocapp.accounts.exporting import ExportTable
from vocapp.accounts.importing import FileGlance, ImportOrder, glance_at
from vocapp.accounts.models import ImportRun
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User


class RunState(StrEnum):
    """Where an import run stands: `checking` and `importing` are a worker's, the others wait for a person."""

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"


AT_WORK = (RunState.CHECKING, RunState.IMPORTING)


def start_run(
    kind: TableKind, *, filename: str, content: bytes, creates_accounts: bool, user: User
) -> ImportRun:
    """Keep an uploaded file and have it checked. Raises `DomainError` for an empty one."""
    if not content:
        raise DomainError("The file is empty; choose another one.")
    run = ImportRun(
        kind=kind,
        filename=filename[-200:] or "file.csv",
        content=content,
        mapping={},
        options={"creates_accounts": creates_accounts},
        state=RunState.CHECKING,
        user_id=user.id,
    )
    db.session.add(run)
    db.session.flush()
    enqueue("import_file", {"run_id": run.id}, key=f"import_file:{run.id}")
    return run


def change_run(run: ImportRun, *, mapping: Mapping[str, str], creates_accounts: bool) -> None:
    """Read the columns another way and check the file again.

    Raises `DomainError` once the file is being imported, and for a mapping that does not fit it.
    """
    _refuse_unless_waiting(run)
    run.mapping = dict(mapping)
    glance_at_run(run)
    run.options = {"creates_accounts": creates_accounts}
    run.state, run.report, run.rows_seen, run.fraction = RunState.CHECKING, None, 0, 0.0
    db.session.flush()
    enqueue("import_file", {"run_id": run.id}, key=f"import_file:{run.id}")


def confirm_run(run: ImportRun, *, user: User) -> None:
    """Have a checked file imported. Raises `DomainError` when it is under way or done already."""
    _refuse_unless_waiting(run)
    run.state, run.report, run.rows_seen, run.fraction = RunState.IMPORTING, None, 0, 0.0
    record_act(
        "import_confirmed",
        actor_id=user.id,
        subject_kind="import_run",
        subject_id=run.id,
        details={"kind": run.kind},
    )
    db.session.flush()
    enqueue("import_file", {"run_id": run.id}, key=f"import_file:{run.id}")


def _refuse_unless_waiting(run: ImportRun) -> None:
    if run.state == RunState.IMPORTING:
        raise DomainError("The file is being imported; wait for its report.")
    if run.state == RunState.DONE:
        raise DomainError("The file was imported already; upload it again to import it again.")


def run_or_none(run_id: int) -> ImportRun | None:
    """Return a run, without its file."""
    return db.session.get(ImportRun, run_id)


def recent_runs() -> Sequence[ImportRun]:
    """Return the last ten runs, newest first."""
    return db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(10)).all()


def glance_at_run(run: ImportRun) -> FileGlance:
    """Return how a run's file starts and how its columns are understood.

    Raises `DomainError` for a mapping that does not fit the file.
    """
    return glance_at(order_of(run), BytesIO(run.content), run.filename)


def error_table(run: ImportRun) -> ExportTable:
    """Return what a run refused and remarked on, by line."""
    report = run.report or {"errors": [], "warnings": []}
    rows = [("error", *_place(error)) for error in report["errors"]]
    rows += [("warning", *_place(warning)) for warning in report["warnings"]]
    return ExportTable("import-errors", ("kind", "line", "column", "reason"), iter(rows))


def _place(finding: Mapping[str, Any]) -> tuple[int, str, str]:
    return finding["line"], finding["column"] or "", finding["reason"]


def open_run(run_id: int) -> ImportRun | None:
    """Return a run that waits for a worker, with its file, or None."""
    waiting = select(ImportRun).where(ImportRun.id == run_id, ImportRun.state.in_(AT_WORK))
    return db.session.scalar(waiting.options(undefer(ImportRun.content)))


def order_of(run: ImportRun) -> ImportOrder:
    """Return what is to be done with a run's file; everything but `importing` is a dry run."""
    return ImportOrder(
        kind=TableKind(run.kind),
        mapping=run.mapping,
        creates_accounts=bool(run.options.get("creates_accounts")),
        is_dry_run=run.state != RunState.IMPORTING,
        user_id=run.user_id,
    )


def note_progress(run_id: int, *, rows: int, fraction: float) -> None:
    """Keep how far a run has come."""
    db.session.execute(
        update(ImportRun).where(ImportRun.id == run_id).values(rows_seen=rows, fraction=fraction)
    )


def close_run(run_id: int, order: ImportOrder, document: Mapping[str, Any], *, now: datetime) -> None:
    """Keep the result of a check or an import; after an import the file itself is let go.

    A check whose columns were changed meanwhile is forgotten: another one is under way.
    """
    done = {"report": dict(document), "fraction": 1.0, "finished_at": now}
    if order.is_dry_run:
        values = {**done, "state": RunState.CHECKED}
    else:
        values = {**done, "state": RunState.DONE, "content": b""}
    run = db.session.get(ImportRun, run_id)
    if run is not None and run.state in AT_WORK and order_of(run) == order:
        db.session.execute(update(ImportRun).where(ImportRun.id == run_id).values(values))
