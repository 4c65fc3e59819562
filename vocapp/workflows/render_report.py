"""A report on its way to paper: its inputs are frozen first, then drawn."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.errors import DomainError
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import print_report
from vocapp.reports.queries import editions_told, replaced_by
from vocapp.reports.rendering import SECONDS
from vocapp.reports.service import fail_report, finish_report, hold_subject, keep_snapshot, waiting_report
from vocapp.sharing.service import release_shares


def render_report(payload: Mapping[str, Any], *, seconds: float = SECONDS) -> None:
    """Draw a report that waits; one that is finished or gone is left alone. Safe to run twice.

    Drawing happens outside any transaction. What a user can understand stands on the report as its failure;
    anything else is tried again.
    """
    report_id = payload["report_id"]
    try:
        snapshot = _frozen_snapshot(report_id)
        pdf = print_report(snapshot, seconds=seconds) if snapshot is not None else None
    except DomainError as refusal:
        with transaction():
            report = waiting_report(report_id)
            if report is not None:
                fail_report(report, str(refusal), now=utcnow())
                release_shares(report, now=utcnow())
        return
    with transaction():
        report = waiting_report(report_id)
        if report is not None and pdf is not None:
            finish_report(report, pdf, now=utcnow())
            release_shares(report, now=utcnow())


def _frozen_snapshot(report_id: int) -> dict[str, Any] | None:
    """Return the snapshot of a report, taken now unless an earlier run took it; None with nothing to draw."""
    while True:
        with reading():
            report = waiting_report(report_id)
            if report is None:
                return None
            if report.snapshot is not None:
                return dict(report.snapshot)
            told = editions_told(report)
            snapshot = take_snapshot(report.order, now=utcnow(), replaces=replaced_by(report))
        with transaction():
            report = waiting_report(report_id)
            if report is None:
                return None
            if report.snapshot is None:
                hold_subject(report)
                if editions_told(report) != told:
                    # Another edition for this customer was frozen meanwhile; ours has to look beside it, too.
                    continue
                keep_snapshot(report, snapshot)
            return dict(report.snapshot or snapshot)
