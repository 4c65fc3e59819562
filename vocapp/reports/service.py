"""Asking for a report, and what becomes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from vocapp.accounts.models import Account
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts
from vocapp.reports.checking import checked_order
from vocapp.reports.models import Report
from vocapp.reports.queries import visible_reports
from vocapp.reports.rules import Order, ReportState, snapshot_id

RENDER = "render_report"


def request_report(
    order: Order, *, requested_by: User, now: datetime, follows: Report | None = None
) -> Report:
    """Ask for a report; the worker draws it.

    With `follows` it is the next edition of that one, or another try if that one failed. Raises `DomainError`
    for an order that cannot be.
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
        sees_all=sees_all_accounts(requested_by.role),
        edition=_edition_after(follows) if follows else 1,
        previous_id=follows.id if follows else None,
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


def request_again(report: Report, *, requested_by: User, now: datetime) -> Report:
    """Ask for the same again: after a correction the next edition, after a failure another try.

    One that is already on its way is returned, and not asked for twice. Raises what `request_report` raises.
    """
    # Held, so that of two who ask at once the second finds what the first asked for.
    db.session.refresh(report, ["state"], with_for_update=True)
    if report.state == ReportState.WAITING:
        return report
    asked = visible_reports(requested_by).where(
        Report.previous_id == report.id, Report.state == ReportState.WAITING
    )
    return db.session.scalars(asked).first() or request_report(
        report.order, requested_by=requested_by, now=now, follows=report
    )


def _edition_after(report: Report) -> int:
    return report.edition if report.state == ReportState.FAILED else report.edition + 1


def waiting_report(report_id: int) -> Report | None:
    """Return a report that still has to be drawn; None when it is finished, failed or gone."""
    report = db.session.get(Report, report_id)
    return report if report is not None and report.state == ReportState.WAITING else None


def hold_subject(report: Report) -> None:
    """Let reports of one account be frozen one after the other, until this transaction ends."""
    account = select(Account.id).where(Account.id == report.account_id)
    db.session.execute(account.with_for_update(key_share=True))


def keep_snapshot(report: Report, snapshot: Mapping[str, Any]) -> None:
    """Freeze what the report shows."""
    report.snapshot, report.snapshot_id = dict(snapshot), snapshot_id(snapshot)
    # Roles change while a report waits; what it was frozen with counts, and in doubt what it was asked with.
    report.sees_all |= report.requester is not None and sees_all_accounts(report.requester.role)
    db.session.flush()


def finish_report(report: Report, pdf: bytes, *, now: datetime) -> None:
    """Keep the finished PDF."""
    report.pdf, report.state, report.finished_at = pdf, ReportState.READY, now
    db.session.flush()


def fail_report(report: Report, reason: str, *, now: datetime) -> None:
    """Say why there is no PDF."""
    report.failure, report.state, report.finished_at = reason, ReportState.FAILED, now
    db.session.flush()
