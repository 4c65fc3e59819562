"""Reports, read only."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import joinedload

from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName, sees_all_accounts
from vocapp.reports.editions import replaced
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience, ReportKind, ReportState


def visible_reports(user: User) -> Select[Report]:
    """Return the reports a user may read, newest first.

    Those of accounts they see; of waves they see and of portfolios all when they see every account, else what
    they asked for with the sight they have now: these show as much as whoever asked could see, and a leader
    who has become a CSM sees less. Books of their own, and as a leader those of every CSM.
    """
    return (
        select(Report)
        .where(or_(_of_account(user), _of_wave(user), _of_portfolio(user), _of_book(user)))
        .options(joinedload(Report.account), joinedload(Report.wave))
        .options(joinedload(Report.subject), joinedload(Report.requester))
        .order_by(Report.created_at.desc(), Report.id.desc())
    )


def visible_report(user: User, report_id: int) -> Report | None:
    """Return one of the reports a user may read, or None."""
    return db.session.scalar(visible_reports(user).where(Report.id == report_id))


def newer_edition(report_id: int) -> Report | None:
    """Return the newest finished report that follows one, or None."""
    later = select(Report.id).where(Report.previous_id == report_id).cte(recursive=True)
    later = later.union(select(Report.id).where(Report.previous_id == later.c.id))
    found = select(Report).where(Report.id.in_(select(later.c.id)), Report.state == ReportState.READY)
    return db.session.scalar(found.order_by(Report.edition.desc(), Report.id.desc()).limit(1))


def earlier_reports(report: Report) -> list[Report]:
    """Return what a report follows, the nearest first: editions it corrects, and tries that failed."""
    found: list[Report] = []
    before = report.previous_id
    while before is not None:
        found.append(db.session.get_one(Report, before))
        before = found[-1].previous_id
    return found


def replaced_by(report: Report) -> dict[str, Any] | None:
    """Return what a report keeps of the edition it replaces; None of a first one."""
    for before in earlier_reports(report):
        if before.snapshot is not None and before.state == ReportState.READY:
            return replaced(report.edition, before.snapshot, before.snapshot_id or "")
    return None


def editions_told(report: Report) -> int:
    """Return how many editions of an account its people may have: what is frozen looks beside all of them."""
    if report.audience != Audience.CUSTOMER:
        return 0
    told = Report.account_id == report.account_id, Report.audience == Audience.CUSTOMER
    frozen = select(func.count()).select_from(Report).where(*told, Report.snapshot.is_not(None))
    return db.session.scalar(frozen) or 0


def _of_account(user: User) -> ColumnElement[bool]:
    return and_(Report.kind == ReportKind.ACCOUNT, Report.account_id.in_(visible_account_ids(user)))


def _of_wave(user: User) -> ColumnElement[bool]:
    seen = visible_waves(user).with_only_columns(Wave.id).order_by(None)
    return and_(Report.kind == ReportKind.WAVE, Report.wave_id.in_(seen), _is_of_own_sight(user))


def _of_portfolio(user: User) -> ColumnElement[bool]:
    return and_(Report.kind == ReportKind.PORTFOLIO, _is_of_own_sight(user))


def _is_of_own_sight(user: User) -> ColumnElement[bool]:
    """Whether a report was frozen through eyes that see no more than this user's."""
    if sees_all_accounts(user.role):
        return true()
    return and_(Report.requested_by == user.id, Report.sees_all.is_(False))


def _of_book(user: User) -> ColumnElement[bool]:
    leads = true() if user.role is RoleName.LEADER else false()
    return and_(Report.kind == ReportKind.BOOK, or_(Report.user_id == user.id, leads))
