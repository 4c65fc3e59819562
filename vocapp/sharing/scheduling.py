"""Schedules: made, changed, and carried out once for every day they come due."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.identity.rules import may_write
from vocapp.reports.checking import checked_order
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience, Order, PaperSize, ReportKind
from vocapp.reports.service import request_report
from vocapp.sharing.models import ReportSchedule, ScheduleRecipient, ScheduleRun
from vocapp.sharing.queries import may_read, newest_wave_closed
from vocapp.sharing.recipients import problem_with
from vocapp.sharing.rules import BEFORE_A_DATE, MOST_DAYS_BEFORE, MOST_RECIPIENTS, Rhythm, due_on
from vocapp.sharing.service import share_report

MOST_DAYS_IN_MONTH = 31


def make_schedule(
    order: Order,
    *,
    rhythm: Rhythm,
    days: int,
    users: Sequence[User],
    contacts: Sequence[Contact],
    owner: User,
    now: datetime,
) -> ReportSchedule:
    """Return a new schedule. Raises `DomainError` for one that could never be carried out."""
    checked_order(order)
    _check(order, rhythm, days, users, contacts)
    schedule = ReportSchedule(
        kind=order.kind,
        account_id=order.account_id,
        user_id=order.user_id,
        owner_id=owner.id,
        audience=order.audience,
        language=order.language,
        paper=order.paper,
        has_appendix=order.has_appendix,
        rhythm=rhythm,
        days=days,
        created_at=now,
        recipients=[
            *(ScheduleRecipient(user_id=user.id) for user in users),
            *(ScheduleRecipient(contact_id=contact.id) for contact in contacts),
        ],
    )
    db.session.add(schedule)
    db.session.flush()
    record_act("report_scheduled", actor_id=owner.id, subject_kind="report_schedule", subject_id=schedule.id)
    return schedule


def drop_schedule(schedule: ReportSchedule, *, by: User) -> None:
    """Make no more reports by a schedule; those made stay."""
    record_act("report_unscheduled", actor_id=by.id, subject_kind="report_schedule", subject_id=schedule.id)
    db.session.delete(schedule)
    db.session.flush()


def pause_schedule(schedule: ReportSchedule, *, is_active: bool, by: User) -> None:
    """Pause a schedule or let it go on."""
    schedule.is_active = is_active
    db.session.flush()
    act = "report_schedule_resumed" if is_active else "report_schedule_paused"
    record_act(act, actor_id=by.id, subject_kind="report_schedule", subject_id=schedule.id)


def run_schedule(schedule: ReportSchedule, *, now: datetime) -> ScheduleRun | None:
    """Make the report of a schedule that is due, once for the day, and put it on its way.

    What stands in the way is said on the run; whoever cannot get it any more is left out and named.
    """
    due = _due(schedule, now)
    if due is None:
        return None
    values = {"schedule_id": schedule.id, "due_on": due, "said": "", "ran_at": now}
    taken = insert_new(ScheduleRun).on_conflict_do_nothing(index_elements=["schedule_id", "due_on"])
    key = db.session.scalar(taken.values(values).returning(ScheduleRun.id))
    if key is None:
        return None
    run = db.session.get_one(ScheduleRun, key)
    if not schedule.owner.active:
        run.said = "Whoever made this schedule has left; make a new one."
        schedule.is_active = False
        return run
    if not _is_theirs(schedule):
        run.said = "Whoever made this schedule may not make this report any more; make a new one."
        schedule.is_active = False
        return run
    report = request_report(_order(schedule), requested_by=schedule.owner, now=now)
    run.report_id = report.id
    _put_on_its_way(schedule, report, run, now=now)
    db.session.flush()
    return run


def refuse_schedule(schedule: ReportSchedule, reason: str, *, now: datetime) -> None:
    """Say why nothing came of a schedule on its day, so that it is not tried again before the next."""
    due = _due(schedule, now)
    if due is None:
        return
    values = {"schedule_id": schedule.id, "due_on": due, "said": reason, "ran_at": now}
    said = insert_new(ScheduleRun).on_conflict_do_nothing(index_elements=["schedule_id", "due_on"])
    db.session.execute(said.values(values))


def _is_theirs(schedule: ReportSchedule) -> bool:
    """Whether the owner may still ask for it: roles change, and accounts change hands."""
    owner, is_seen = schedule.owner, True
    if schedule.account_id is not None:
        seen = visible_account_ids(owner).where(Account.id == schedule.account_id)
        is_seen = db.session.scalar(seen) is not None
    return may_write(owner.role) and is_seen


def _put_on_its_way(schedule: ReportSchedule, report: Report, run: ScheduleRun, *, now: datetime) -> None:
    users: list[User] = []
    contacts: list[Contact] = []
    gone: list[str] = []
    for one in schedule.recipients:
        if one.contact is not None and not problem_with(one.contact, report.account_id):
            contacts.append(one.contact)
        elif one.user is not None and one.user.active and may_read(one.user, report):
            users.append(one.user)
        else:
            gone.append(one.name)
    share_report(report, users=users, contacts=contacts, sender=schedule.owner, now=now)
    if gone:
        run.said = f"Not sent to {', '.join(gone)}, who left or may not get it; choose somebody else."


def _order(schedule: ReportSchedule) -> Order:
    return Order(
        kind=ReportKind(schedule.kind),
        account_id=schedule.account_id,
        user_id=schedule.user_id,
        reader_id=schedule.owner_id,
        audience=Audience(schedule.audience),
        language=schedule.language,
        paper=PaperSize(schedule.paper),
        has_appendix=schedule.has_appendix,
    )


def _due(schedule: ReportSchedule, now: datetime) -> date | None:
    """Return the day on which a schedule came due; every day is one of the company's time zone."""
    own = company()
    zone = ZoneInfo(own.time_zone) if own else UTC
    closed_at = newest_wave_closed(schedule) if schedule.rhythm == Rhythm.AFTER_WAVE else None
    return due_on(
        schedule.timing_in(zone),
        today=now.astimezone(zone).date(),
        renewal=schedule.account.renewal_date if schedule.account else None,
        review=schedule.account.review_date if schedule.account else None,
        closed_on=closed_at.astimezone(zone).date() if closed_at else None,
    )


def _check(
    order: Order, rhythm: Rhythm, days: int, users: Sequence[User], contacts: Sequence[Contact]
) -> None:
    if order.kind is ReportKind.WAVE:
        raise DomainError("A wave closes once, so its report cannot be repeated; schedule another kind.")
    if rhythm in BEFORE_A_DATE and order.kind is not ReportKind.ACCOUNT:
        raise DomainError("Only an account has a renewal and reviews; choose an account or another rhythm.")
    if not (users or contacts):
        raise DomainError("Choose at least one person who gets it.")
    if len(users) + len(contacts) > MOST_RECIPIENTS:
        raise DomainError(f"A report goes to at most {MOST_RECIPIENTS} people; choose fewer.")
    if contacts and order.audience is not Audience.CUSTOMER:
        raise DomainError("Customers get the edition made for them; choose that one, or colleagues only.")
    if any(contact.account_id != order.account_id for contact in contacts):
        raise DomainError("This report is about another account; choose people of that one.")
    if rhythm is Rhythm.MONTHLY and not 1 <= days <= MOST_DAYS_IN_MONTH:
        raise DomainError("Choose a day of the month from 1 to 31; a short month takes its last one.")
    if rhythm in BEFORE_A_DATE and not 1 <= days <= MOST_DAYS_BEFORE:
        raise DomainError(f"Choose 1 to {MOST_DAYS_BEFORE} days before it.")
