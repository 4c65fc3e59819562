"""Asking for a report, and what becomes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vocapp.accounts.models import Account
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.reports.models import Report
from vocapp.reports.rules import ReportKind, ReportState

RENDER = "render_report"


def request_report(account: Account, *, requested_by: User, now: datetime) -> Report:
    """Ask for a paper about an account; the worker draws it."""
    report = Report(
        kind=ReportKind.ACCOUNT, account_id=account.id, requested_by=requested_by.id, created_at=now
    )
    db.session.add(report)
    db.session.flush()
    enqueue(RENDER, {"report_id": report.id}, key=f"{RENDER}:{report.id}")
    record_act(
        "report_requested",
        actor_id=requested_by.id,
        subject_kind="report",
        subject_id=report.id,
        details={"account_id": account.id},
    )
    return report


def waiting_report(report_id: int) -> Report | None:
    """Return a report that still has to be drawn; None when it is finished, failed or gone."""
    report = db.session.get(Report, report_id)
    return report if report is not None and report.state == ReportState.WAITING else None


def keep_snapshot(report: Report, snapshot: Mapping[str, Any]) -> None:
    """Freeze what the report shows."""
    report.snapshot = dict(snapshot)
    db.session.flush()


def finish_report(report: Report, pdf: bytes, *, now: datetime) -> None:
    """Keep the finished PDF."""
    report.pdf, report.state, report.finished_at = pdf, ReportState.READY, now
    db.session.flush()


def fail_report(report: Report, reason: str, *, now: datetime) -> None:
    """Say why there is no PDF."""
    report.failure, report.state, report.finished_at = reason, ReportState.FAILED, now
    db.session.flush()
