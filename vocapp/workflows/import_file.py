"""A file on its way in: checked first, then applied batch by batch."""

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from vocapp.accounts.account_import import AccountImport
from vocapp.accounts.columns import TableKind
from vocapp.accounts.contact_import import ContactImport
from vocapp.accounts.import_runs import close_run, note_progress, open_run, order_of
from vocapp.accounts.importing import ImportOrder, ImportPass, StepsMaker
from vocapp.accounts.tally import Tally
from vocapp.benchmarks.outer_import import OuterImport
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.jobs import enqueue
from vocapp.renewals.outcome_import import OutcomeImport
from vocapp.responses.history_import import HistoryImport
from vocapp.signals.event_import import EventImport

Progress = Callable[[int, float], None]

# Who knows what to do with the rows of which file.
STEPS: Mapping[TableKind, StepsMaker] = {
    TableKind.ACCOUNTS: AccountImport,
    TableKind.CONTACTS: ContactImport,
    TableKind.RESPONSES: HistoryImport,
    TableKind.EVENTS: EventImport,
    TableKind.OUTCOMES: OutcomeImport,
    TableKind.BENCHMARKS: OuterImport,
}


def import_table(
    order: ImportOrder, source: Path | BinaryIO, filename: str, *, now: datetime, on_progress: Progress
) -> Tally:
    """Import a file, each batch in its own transaction, and ask for new scores; return what became of it.

    A dry run writes nothing. `on_progress` hears how many rows were seen and what fraction of the file was
    read. An import that was killed can be run again: rows already in count as unchanged.
    """
    in_database = reading if order.is_dry_run else transaction
    with reading():
        reading_of_file = ImportPass(order, source, filename, make_steps=STEPS[order.kind], now=now)
    try:
        for batch in reading_of_file.batches():
            with in_database():
                goes_on = reading_of_file.apply(batch)
            on_progress(reading_of_file.tally.seen, reading_of_file.fraction)
            if not goes_on:
                break
        with in_database():
            reading_of_file.finish()
            if not order.is_dry_run and (reading_of_file.tally.created or reading_of_file.tally.updated):
                if order.kind is TableKind.RESPONSES:
                    enqueue("history_imported", {}, key="history_imported")
                    enqueue("read_comments", {}, key="read_comments")
                enqueue("rescore_accounts", {"all": True}, key="rescore_all")
    finally:
        reading_of_file.close()
    return reading_of_file.tally


def import_file(payload: Mapping[str, Any]) -> None:
    """Check or apply the uploaded file of an import run, whichever it waits for. Safe to run twice."""
    run_id = payload["run_id"]
    with reading():
        run = open_run(run_id)
        if run is None:
            return
        order, content, filename = order_of(run), BytesIO(run.content), run.filename

    def keep_progress(rows: int, fraction: float) -> None:
        with transaction():
            note_progress(run_id, rows=rows, fraction=fraction)

    tally = import_table(order, content, filename, now=utcnow(), on_progress=keep_progress)
    with transaction():
        close_run(run_id, order, tally.as_dict(), now=utcnow())
