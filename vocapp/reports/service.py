"""Asking for a report, and what becomes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.reports.checking import checked_order
from vocapp.reports.models import Report
from vocapp.reports.rules import Order, ReportState, snapshot_id

RENDER = "render_report"


def request_report(
    order: Order, *, requested_by: User, now: datetime, corrects: Report | None = None
) -> Report:
    """Ask for a report; the worker draws it.

    With `corrects` it is the next edition of that one. Raises `DomainError` for an order that cannot be.
    """
    checked_order(order)
    report = Report(
        kind=order.kind,
        account_id=order.account_id,
        wave_id=order.wave_id,
        user_id=order.user_id,
        requested_by=requested_by.id,
        audience=order.audience,
        language=order.language,
        paper=order.paper,
        has_appendix=order.has_appendix,
        edition=corrects.edition + 1 if corrects else 1,
        previous_id=corrects.id if corrects else None,
        created_at=now,
    )
    db.session.add(report)
    db.session.flush()
    enqueue(RENDER, {"report_id": report.id}, key=f"{RENDER}:{report.id}")
    subject = {"account_id": order.account_id, "wave_id": order.wave_id, "user_id": order.user_id}
    record_act(
        "report_requested",
        actor_id=requested_by.id,
        subject_kind="report",
        subject_id=report.id,
        details={"kind": order.kind, **{name: key for name, key in subject.items() if key is not None}},
    )
    return report


def waiting_report(report_id: int) -> Report | None:
    """Return a report that still has to be drawn; None when it is finished, failed or gone."""
    report = db.session.get(Report, report_id)
    return report if report is not None and report.state == ReportState.WAITING else None


def keep_snapshot(report: Report, snapshot: Mapping[str, Any]) -> None:
    """Freeze what the report shows."""
    report.snapshot, report.snapshot_id = dict(snapshot), snapshot_id(snapshot)
    db.session.flush()


def finish_report(report: Report, pdf: bytes, *, now: datetime) -> None:
    """Keep the finished PDF."""
    report.pdf, report.state, report.finished_at = pdf, ReportState.READY, now
    db.session.flush()


def fail_report(report: Report, reason: str, *, now: datetime) -> None:
    """Say why there is no PDF."""
    report.failure, report.state, report.finished_at = reason, ReportState.FAILED, now
    db.session.flush()
