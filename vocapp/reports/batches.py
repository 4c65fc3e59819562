"""Reports of a whole tier: asked for at once, taken home as one ZIP."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import select

from vocapp.accounts.models import Account, Tier
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import AccountStatus
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.reports.models import Report, ReportBatch
from vocapp.reports.queries import visible_reports
from vocapp.reports.rules import Audience, Order, PaperSize, ReportKind, ReportState, file_name
from vocapp.reports.service import request_report

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Looks:
    """How the reports of a batch are printed."""

    audience: Audience = Audience.INTERNAL
    language: str = "en"
    paper: PaperSize = PaperSize.A4


@dataclass(frozen=True, slots=True)
class BatchPage:
    """How far a batch is: its reports by name, and how many are in which state."""

    batch: ReportBatch
    reports: Sequence[Report]
    counts: Mapping[str, int]

    @property
    def is_over(self) -> bool:
        """Whether nothing of it waits any more."""
        return not self.counts.get(ReportState.WAITING)


def request_batch(tier: Tier, looks: Looks, *, by: User, now: datetime) -> ReportBatch:
    """Ask for the benchmark of every account of a tier that somebody sees and that is still a customer.

    Raises `DomainError` for none, or too many.
    """
    wanted = visible_accounts(by).where(Account.tier_id == tier.id, Account.status != AccountStatus.CHURNED)
    accounts: Sequence[Account] = db.session.scalars(wanted.order_by(Account.name, Account.id)).all()
    if not accounts:
        raise DomainError(f"No account of yours is in {tier.name}; choose another tier.")
    if len(accounts) > MOST_AT_ONCE:
        raise DomainError(
            f"{tier.name} has {len(accounts)} accounts, and {MOST_AT_ONCE} can be drawn at once; ask by CSM."
        )
    batch = ReportBatch(title=tier.name, requested_by=by.id, created_at=now)
    db.session.add(batch)
    db.session.flush()
    for account in accounts:
        order = Order(
            ReportKind.ACCOUNT,
            account_id=account.id,
            audience=looks.audience,
            language=looks.language,
            paper=looks.paper,
        )
        request_report(order, requested_by=by, now=now).batch_id = batch.id
    record_act("reports_requested", actor_id=by.id, subject_kind="report_batch", subject_id=batch.id)
    return batch


def batch_page(batch_id: int, reader: User) -> BatchPage | None:
    """Return how far a batch is, as far as a reader may see its reports; None when that is nothing."""
    batch = db.session.get(ReportBatch, batch_id)
    found = visible_reports(reader).where(Report.batch_id == batch_id).order_by(None).order_by(Report.id)
    reports = db.session.scalars(found).unique().all()
    if batch is None or not reports:
        return None
    return BatchPage(batch, reports, Counter(report.state for report in reports))


def zip_of(page: BatchPage) -> BytesIO:
    """Return the finished reports of a batch as a ZIP; the largest batch makes some 60 MB.

    A file of those that failed says which and why, so that nobody takes the others for all.
    """
    file = BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for report in page.reports:
            if report.state == ReportState.READY:
                archive.writestr(_entry(report), _pdf(report.id))
        failed = [f"{_name(report)}: {report.failure}" for report in page.reports if report.failure]
        if failed:
            archive.writestr("not-drawn.txt", "\n".join(failed) + "\n")
    file.seek(0)
    return file


def _pdf(report_id: int) -> bytes:
    # Not through the object, which would keep every PDF until the end.
    return db.session.scalar(select(Report.pdf).where(Report.id == report_id)) or b""


def _name(report: Report) -> str:
    return report.account.name if report.account else str(report.id)


def _entry(report: Report) -> ZipInfo:
    moment = report.created_at
    stamp = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    # Two accounts may have one name.
    return ZipInfo(f"{report.account_id}-{file_name(_name(report), moment.date())}", stamp)
