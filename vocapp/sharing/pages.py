"""What the pages of sharing show, and what their forms mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vocapp.accounts.models import Contact
from vocapp.identity.models import User
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience
from vocapp.sharing.forms import ScheduleForm, ShareForm
from vocapp.sharing.models import ReportSchedule, ReportShare, ScheduleRun
from vocapp.sharing.queries import fates_of, last_runs, readers_at, readers_inside, schedules_of, shares_of
from vocapp.sharing.rules import NOT_ARRIVED, MailFate, Rhythm, ShareState
from vocapp.sharing.scheduling import make_schedule
from vocapp.sharing.service import share_report


@dataclass(frozen=True, slots=True)
class ListedSchedule:
    """A schedule and what came of the last time it was due."""

    schedule: ReportSchedule
    last: ScheduleRun | None


@dataclass(frozen=True, slots=True)
class ListedShare:
    """A report on its way to somebody, with what became of its mail once it was sent; None without one."""

    share: ReportShare
    fate: MailFate | None

    @property
    def has_failed(self) -> bool:
        """Whether the mail never arrived, so that it can be sent once more."""
        return self.fate in NOT_ARRIVED


@dataclass(frozen=True, slots=True)
class Readers:
    """To whom a report can go."""

    users: Sequence[User]
    contacts: Sequence[Contact]


def listed_schedules(user: User) -> list[ListedSchedule]:
    """Return the schedules a user may change, each with its last run."""
    schedules = schedules_of(user)
    runs = last_runs([one.id for one in schedules])
    return [ListedSchedule(one, runs.get(one.id)) for one in schedules]


def listed_shares(report: Report) -> list[ListedShare]:
    """Return to whom a report goes or went, each with what became of the mail."""
    shares = shares_of(report)
    fates = fates_of([share.id for share in shares])
    sent = {share.id for share in shares if share.state == ShareState.SENT}
    return [ListedShare(share, fates.get(share.id) if share.id in sent else None) for share in shares]


def readers_of(report: Report) -> Readers:
    """Return to whom a report can go: customers only get what was made for them."""
    is_theirs = report.audience == Audience.CUSTOMER and report.account_id is not None
    contacts = readers_at(report.account_id) if is_theirs and report.account_id else ()
    return Readers(readers_inside(report), contacts)


def share_as_said(form: ShareForm, report: Report, *, sender: User, now: datetime) -> list[ReportShare]:
    """Put a report on its way as a form says; raises `DomainError` when it cannot be."""
    users, contacts = _chosen(form, report)
    return share_report(
        report, users=users, contacts=contacts, sender=sender, note=form.note.data or "", now=now
    )


def schedule_as_said(form: ScheduleForm, report: Report, *, owner: User, now: datetime) -> ReportSchedule:
    """Make a schedule as a form says; raises `DomainError` when it cannot be."""
    users, contacts = _chosen(form, report)
    if form.is_me.data and all(user.id != owner.id for user in users):
        users.append(owner)
    return make_schedule(
        report.order,
        rhythm=Rhythm(form.rhythm.data),
        days=form.days.data or 1,
        users=users,
        contacts=contacts,
        owner=owner,
        now=now,
    )


def _chosen(form: ShareForm, report: Report) -> tuple[list[User], list[Contact]]:
    readers = readers_of(report)
    users = [user for user in readers.users if user.id in (form.users.data or ())]
    return users, [one for one in readers.contacts if one.id in (form.contacts.data or ())]
