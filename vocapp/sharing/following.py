"""What becomes of shares when a report is drawn again: after a failure, and as a new edition."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.reports.models import Report
from vocapp.reports.queries import earlier_reports, newer_edition
from vocapp.reports.rules import ReportState
from vocapp.sharing.models import ReportShare, ScheduleRun
from vocapp.sharing.queries import may_read
from vocapp.sharing.recipients import new_share, problem_with
from vocapp.sharing.rules import CORRECTED, ShareState, is_open


def follow_earlier(report: Report, *, now: datetime) -> None:
    """Let those wait for a report who waited for the one it follows.

    These are all who waited for a try that failed, and of an edition that is corrected the people at the
    customer who have its link or would have got it: each waits for approval again, since nobody has read this
    one. A schedule's list leads to the new try.
    """
    earlier = earlier_reports(report)
    failed = [before.id for before in earlier if before.state == ReportState.FAILED]
    if failed:
        runs = update(ScheduleRun).where(ScheduleRun.report_id.in_(failed))
        db.session.execute(runs.values(report_id=report.id, said=""))
    if report.state != ReportState.READY:
        return
    for share in _waiting_for(earlier, now=now):
        _carry_over(share, report, now=now)


def replacement_of(share: ReportShare, *, now: datetime) -> tuple[Report | None, ReportShare | None]:
    """Return the edition that replaces the one of a link, and the share by which its holder may have it.

    Both are None while there is no newer edition; the share is None until it was approved for them.
    """
    newer = newer_edition(share.report_id)
    if newer is None:
        return None, None
    theirs = select(ReportShare).where(
        ReportShare.report_id == newer.id,
        ReportShare.contact_id == share.contact_id,
        ReportShare.state == ShareState.SENT,
        ReportShare.expires_at > now,
    )
    return newer, db.session.scalar(theirs)


def _waiting_for(earlier: Iterable[Report], *, now: datetime) -> Iterable[ReportShare]:
    """Yield whose wait goes on, each person once, those of the newest report first."""
    nearness = {before.id: place for place, before in enumerate(earlier)}
    # In the order in which all who hold shares take them.
    shares = select(ReportShare).where(ReportShare.report_id.in_(nearness)).order_by(ReportShare.id)
    held = db.session.scalars(shares.with_for_update()).all()
    seen: set[tuple[int | None, int | None]] = set()
    for share in sorted(held, key=lambda one: (nearness[one.report_id], one.id)):
        who = share.user_id, share.contact_id
        if who not in seen and _goes_on(share, now=now):
            yield share
        seen.add(who)


def _goes_on(share: ReportShare, *, now: datetime) -> bool:
    if share.state == ShareState.FAILED:
        return True
    if not share.is_for_customer:
        return False
    return share.state == ShareState.TO_APPROVE or (
        share.state == ShareState.SENT and is_open(share.expires_at, now=now)
    )


def _carry_over(share: ReportShare, report: Report, *, now: datetime) -> None:
    if share.state == ShareState.TO_APPROVE:
        # Nobody should approve what has been corrected.
        share.state, share.reason = ShareState.DECLINED, CORRECTED
    contact, user = share.contact, share.user
    if contact is not None:
        is_right = problem_with(contact, report.account_id) is None
    else:
        is_right = user is not None and user.active and may_read(user, report)
    if not is_right:
        return
    again = new_share(report, share.sender, share.note, now, user=user, contact=contact)
    if again is not None:
        db.session.add(again)
        db.session.flush()
        details = {"follows": share.id}
        record_act(
            "report_share_carried_over",
            actor_id=report.requested_by,
            subject_kind="report_share",
            subject_id=again.id,
            details=details,
        )
