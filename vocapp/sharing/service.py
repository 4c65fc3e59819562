"""Reports on their way: put on it, approved, sent, opened."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import update

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.outbox.notes import check_note
from vocapp.outbox.service import queue_message
from vocapp.reports.models import Report
from vocapp.reports.queries import newer_edition
from vocapp.reports.rules import ReportState
from vocapp.sharing.following import follow_earlier
from vocapp.sharing.models import ReportShare, ScheduleRun, ShareOpening
from vocapp.sharing.queries import fates_of, mails_of, may_read, shares_to_release
from vocapp.sharing.recipients import new_share, problem_with
from vocapp.sharing.rules import NOT_ARRIVED, OPEN_DAYS, ShareState, is_open, needs_approval

SHARE = "report_share"
REPLACED = "There is a newer edition of this report; share that one."
TO_COLLEAGUE, TO_CUSTOMER = "report_ready", "report_shared"


def share_report(
    report: Report,
    *,
    users: Iterable[User],
    contacts: Iterable[Contact],
    sender: User,
    note: str = "",
    now: datetime,
) -> list[ReportShare]:
    """Put a report on its way to people; whoever has it already is left out.

    It leaves when it is drawn, and to a customer only once somebody approved it. Raises `DomainError` when
    somebody cannot get it; then nobody does.
    """
    check_note(note)
    if newer_edition(report.id) is not None:
        raise DomainError(REPLACED)
    # Held, so that it is not finished between the question how far it is and the note that somebody waits.
    db.session.refresh(report, ["state", "failure"], with_for_update=True)
    shares = [new_share(report, sender, note, now, user=user) for user in users]
    shares += [new_share(report, sender, note, now, contact=contact) for contact in contacts]
    new = [share for share in shares if share is not None]
    db.session.add_all(new)
    db.session.flush()
    if report.state != ReportState.WAITING:
        _release(report, now=now)
    return new


def release_shares(report: Report, *, now: datetime) -> None:
    """Send a report that has just been drawn to those who wait for it, or ask for approval.

    Who waited for what it follows waits for it, too; a failed one ends the wait.
    """
    follow_earlier(report, now=now)
    _release(report, now=now)


def _release(report: Report, *, now: datetime) -> None:
    for share in db.session.scalars(shares_to_release(report.id).with_for_update()).all():
        if report.state == ReportState.FAILED:
            share.state, share.reason = ShareState.FAILED, report.failure or ""
        elif needs_approval(is_customer=share.is_for_customer):
            share.state = ShareState.TO_APPROVE
        else:
            _send(share, now=now)
    if report.state == ReportState.FAILED:
        # Of a schedule nobody may be looking at the report: its list has to say it, too.
        failed = update(ScheduleRun).where(ScheduleRun.report_id == report.id)
        db.session.execute(failed.values(said=report.failure or ""))
    db.session.flush()


def approve_share(share: ReportShare, *, note: str, by: User, now: datetime) -> None:
    """Send a report to a customer, with a personal note. Raises `DomainError` when it cannot go any more."""
    check_note(note)
    _hold(share)
    if newer_edition(share.report_id) is not None:
        raise DomainError(REPLACED)
    problem = problem_with(share.contact, share.report.account_id) if share.contact else None
    if problem:
        raise DomainError(problem)
    share.note, share.sender_id = note, by.id
    _send(share, now=now)
    record_act("report_approved", actor_id=by.id, subject_kind=SHARE, subject_id=share.id)


def decline_share(share: ReportShare, *, by: User) -> None:
    """Keep a report from going to a customer. Raises `DomainError` when it has gone."""
    _hold(share)
    share.state = ShareState.DECLINED
    db.session.flush()
    record_act("report_declined", actor_id=by.id, subject_kind=SHARE, subject_id=share.id)


def open_share(share: ReportShare, *, now: datetime) -> None:
    """Note that somebody took the PDF home."""
    db.session.add(ShareOpening(share_id=share.id, opened_at=now))
    db.session.flush()


def end_share(share: ReportShare, *, by: User, now: datetime) -> None:
    """Let a link that went out work no longer."""
    share.expires_at = now
    db.session.flush()
    record_act("report_link_ended", actor_id=by.id, subject_kind=SHARE, subject_id=share.id)


def is_over(share: ReportShare, *, now: datetime) -> bool:
    """Whether a link works no longer: its days are over, or who got it has left or is at another account."""
    if not is_open(share.expires_at, now=now):
        return True
    contact = share.contact
    if contact is None or contact.merged_into_id is not None:
        return False
    return contact.status == ContactStatus.LEFT or contact.account_id != share.report.account_id


def _hold(share: ReportShare) -> None:
    """Take the decision for ourselves: of two who decide at once the second hears of the first."""
    taken = (
        update(ReportShare)
        .where(ReportShare.id == share.id, ReportShare.state == ShareState.TO_APPROVE)
        .values(state=ShareState.WAITING)
        .returning(ReportShare.id)
    )
    if db.session.scalar(taken) is None:
        raise DomainError("Somebody has decided this already; look at the report.")
    db.session.refresh(share)


def send_again(share: ReportShare, *, by: User, now: datetime) -> None:
    """Send the mail of a share once more that never arrived. Raises `DomainError` when it cannot now."""
    fate = fates_of([share.id]).get(share.id)
    if share.state != ShareState.SENT or fate not in NOT_ARRIVED:
        raise DomainError("This mail was not kept from anybody; wait for what becomes of it.")
    if newer_edition(share.report_id) is not None:
        raise DomainError(REPLACED)
    if share.contact is not None and (problem := problem_with(share.contact, share.report.account_id)):
        raise DomainError(problem)
    if share.user is not None and not (share.user.active and may_read(share.user, share.report)):
        raise DomainError("A report goes only to colleagues who may read it here; choose others.")
    _send(share, now=now)
    record_act("report_sent_again", actor_id=by.id, subject_kind=SHARE, subject_id=share.id)


def _send(share: ReportShare, *, now: datetime) -> None:
    recipient = share.contact or share.user
    if recipient is None:
        return
    share.state, share.sent_at = ShareState.SENT, now
    share.expires_at = now + timedelta(days=OPEN_DAYS)
    db.session.flush()
    queue_message(
        key=f"{SHARE}:{share.id}:{mails_of(share.id)}",
        template=TO_CUSTOMER if share.is_for_customer else TO_COLLEAGUE,
        context={},
        subject_kind=SHARE,
        subject_id=share.id,
        language=share.report.language if share.is_for_customer else "en",
        to_address=recipient.email,
        to_name=share.to_name,
        from_name=share.sender.name if share.is_for_customer else "",
        reply_to=share.sender.email if share.is_for_customer else "",
    )
