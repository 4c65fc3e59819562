"""Schedules and reports on their way, read only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.core.tokens import hash_token
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.reports.models import Report
from vocapp.reports.queries import visible_reports
from vocapp.sharing.models import ReportSchedule, ReportShare, ScheduleRun
from vocapp.sharing.rules import MailFate, ShareState, fate_of


def schedules_of(user: User) -> Sequence[ReportSchedule]:
    """Return the schedules a user made, or every one for an administrator, newest first."""
    found = (
        select(ReportSchedule)
        .options(joinedload(ReportSchedule.account), joinedload(ReportSchedule.subject))
        .options(joinedload(ReportSchedule.owner), selectinload(ReportSchedule.recipients))
        .order_by(ReportSchedule.id.desc())
    )
    if user.role is not RoleName.ADMIN:
        found = found.where(ReportSchedule.owner_id == user.id)
    return db.session.scalars(found).unique().all()


def schedule_of(user: User, schedule_id: int) -> ReportSchedule | None:
    """Return one of those schedules, or None."""
    return next((one for one in schedules_of(user) if one.id == schedule_id), None)


def last_runs(schedule_ids: Sequence[int]) -> dict[int, ScheduleRun]:
    """Return schedule id → the newest time it came due."""
    newest = (
        select(func.max(ScheduleRun.id))
        .where(ScheduleRun.schedule_id.in_(schedule_ids))
        .group_by(ScheduleRun.schedule_id)
    )
    found = db.session.scalars(select(ScheduleRun).where(ScheduleRun.id.in_(newest)))
    return {run.schedule_id: run for run in found}


def shares_of(report: Report) -> Sequence[ReportShare]:
    """Return to whom a report goes or went, with what they opened, in order."""
    found = (
        select(ReportShare)
        .where(ReportShare.report_id == report.id)
        .options(joinedload(ReportShare.user), joinedload(ReportShare.contact))
        .options(selectinload(ReportShare.openings))
        .order_by(ReportShare.id)
    )
    return db.session.scalars(found).unique().all()


def fates_of(share_ids: Sequence[int]) -> dict[int, MailFate]:
    """Return share id → what became of the last mail that brought it; those without a mail are left out."""
    newest = (
        select(func.max(Message.id))
        .where(Message.subject_kind == "report_share", Message.subject_id.in_(share_ids))
        .group_by(Message.subject_id)
    )
    rows = db.session.execute(
        select(Message.subject_id, Message.state, Message.bounced_at).where(Message.id.in_(newest))
    )
    return {key: fate_of(state, is_back=bounced is not None) for key, state, bounced in rows}


def mails_of(share_id: int) -> int:
    """Return how many mails have been written to bring a share."""
    about = Message.subject_kind == "report_share", Message.subject_id == share_id
    return db.session.scalar(select(func.count()).select_from(Message).where(*about)) or 0


def waiting_for_approval(user: User) -> Sequence[ReportShare]:
    """Return the reports that wait for a user's word before they go to a customer, oldest first."""
    seen = visible_reports(user).with_only_columns(Report.id).order_by(None)
    found = (
        select(ReportShare)
        .where(ReportShare.state == ShareState.TO_APPROVE, ReportShare.report_id.in_(seen))
        .options(joinedload(ReportShare.contact), joinedload(ReportShare.sender))
        .options(joinedload(ReportShare.report).joinedload(Report.account))
        .order_by(ReportShare.created_at, ReportShare.id)
    )
    return db.session.scalars(found).unique().all()


def count_waiting_for_approval(user: User) -> int:
    """Return how many reports wait for a user's word before they go to a customer."""
    seen = visible_reports(user).with_only_columns(Report.id).order_by(None)
    waiting = (ReportShare.state == ShareState.TO_APPROVE, ReportShare.report_id.in_(seen))
    return db.session.scalar(select(func.count()).select_from(ReportShare).where(*waiting)) or 0


def share_by_token(token: str) -> ReportShare | None:
    """Return what a link leads to, or None."""
    found = (
        select(ReportShare)
        .where(ReportShare.token_hash == hash_token(token))
        .options(joinedload(ReportShare.report), joinedload(ReportShare.contact))
        .options(joinedload(ReportShare.user), joinedload(ReportShare.sender))
    )
    return db.session.scalars(found).unique().one_or_none()


def readers_at(account_id: int) -> Sequence[Contact]:
    """Return the people at an account a report may go to, by name."""
    found = select(Contact).where(
        Contact.account_id == account_id,
        Contact.status == ContactStatus.ACTIVE,
        Contact.merged_into_id.is_(None),
    )
    return db.session.scalars(found.order_by(Contact.last_name, Contact.first_name, Contact.id)).all()


def readers_inside(report: Report) -> Sequence[User]:
    """Return our own people who may read a report anyway, by name: sharing opens no door."""
    users = db.session.scalars(select(User).where(User.active).order_by(User.name, User.id)).unique().all()
    owner_id = report.account.owner_id if report.account else None
    named = {report.user_id, report.requested_by, owner_id}
    found: dict[RoleName | int, bool] = {}

    def reads(user: User) -> bool:
        # All of one role read alike, so they are asked about once; but for whom a report is about or by.
        key = user.id if user.id in named else user.role
        if key not in found:
            found[key] = may_read(user, report)
        return found[key]

    return [user for user in users if reads(user)]


def may_read(user: User, report: Report) -> bool:
    """Whether a user may read a report."""
    return db.session.scalar(visible_reports(user).where(Report.id == report.id)) is not None


def active_schedules() -> Sequence[int]:
    """Return the ids of the schedules that are not paused, oldest first."""
    found = select(ReportSchedule.id).where(ReportSchedule.is_active).order_by(ReportSchedule.id)
    return db.session.scalars(found).all()


def newest_wave_closed(schedule: ReportSchedule) -> datetime | None:
    """Return when the newest wave closed that asked anybody a schedule is about."""
    asked = select(func.max(Wave.closed_at)).join(Invitation, Invitation.wave_id == Wave.id)
    if schedule.account_id is not None:
        asked = asked.where(Invitation.account_id == schedule.account_id)
    else:
        asked = asked.where(
            Invitation.account_id.in_(visible_account_ids(schedule.subject or schedule.owner))
        )
    return db.session.scalar(asked)


def shares_to_release(report_id: int) -> Select[ReportShare]:
    """Return the people who wait until a report is drawn, in the order in which all who hold them do."""
    waiting = select(ReportShare).where(
        ReportShare.report_id == report_id, ReportShare.state == ShareState.WAITING
    )
    return waiting.order_by(ReportShare.id)
