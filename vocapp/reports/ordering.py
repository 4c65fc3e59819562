"""From the filled-in form to an order that the reader may give."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Account, Tier
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import comparable_id
from vocapp.campaigns.models import Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.queries import csms
from vocapp.identity.rules import RoleName
from vocapp.reports.batches import Looks
from vocapp.reports.forms import ReportForm, TierForm
from vocapp.reports.rules import Audience, Order, PaperSize, ReportKind

MOST_WAVES = 100


def form_for(reader: User, *, account: Account | None = None) -> ReportForm:
    """Return the form with what a reader can choose."""
    waves = (
        db.session.scalars(
            visible_waves(reader)
            .where(Wave.launched_at.is_not(None))
            .options(joinedload(Wave.owner))
            .limit(MOST_WAVES)
        )
        .unique()
        .all()
    )
    chosen = {"account": account.external_id or account.name} if account else {}
    kind = ReportKind.ACCOUNT if account else ReportKind.PORTFOLIO
    return ReportForm(waves=waves, csms=readable_books(reader), kind=kind.value, **chosen)


def ordered(form: ReportForm, *, reader: User) -> Order:
    """Return what a form asks for; raises `DomainError` when its subject is not there or not the reader's."""
    kind = ReportKind(form.kind.data)
    return Order(
        kind=kind,
        account_id=_account(form.account.data or "", reader).id if kind is ReportKind.ACCOUNT else None,
        wave_id=_wave(form.wave.data) if kind is ReportKind.WAVE else None,
        user_id=_book(form.csm.data, reader) if kind is ReportKind.BOOK else None,
        reader_id=reader.id,
        audience=Audience(form.audience.data) if kind is ReportKind.ACCOUNT else Audience.INTERNAL,
        language=form.language.data,
        paper=PaperSize(form.paper.data),
        has_appendix=form.has_appendix.data,
    )


def readable_books(reader: User) -> list[User]:
    """Return whose books a reader may have: a CSM their own, a leader everybody's."""
    if reader.role is RoleName.LEADER:
        return list(csms())
    return [reader] if reader.role is RoleName.CSM else []


def _account(text: str, reader: User) -> Account:
    typed = text.strip()
    if not typed:
        raise DomainError("Name the account: its name or its external id.")
    for is_it in (Account.external_key == comparable_id(typed), func.lower(Account.name) == typed.lower()):
        found: Sequence[Account] = db.session.scalars(visible_accounts(reader).where(is_it).limit(2)).all()
        if len(found) == 1:
            return found[0]
        if found:
            raise DomainError(f"Several accounts are called {typed}; give the external id of the one.")
    raise DomainError(f"There is no account {typed} among yours; give its name or its external id.")


def _wave(wave_id: int | None) -> int:
    if not wave_id:
        raise DomainError("Choose the wave the report is about.")
    return wave_id


def _book(user_id: int | None, reader: User) -> int:
    if user_id not in {user.id for user in readable_books(reader)}:
        raise DomainError("A book is for its CSM and for leaders; choose one you may read.")
    return int(user_id)


def tier_form() -> TierForm:
    """Return the form that asks for the reports of a tier."""
    return TierForm(tiers=db.session.scalars(select(Tier).order_by(Tier.rank, Tier.id)).all())


def looks_of(form: TierForm) -> Looks:
    """Return how the reports of a tier are printed."""
    return Looks(Audience(form.audience.data), form.language.data, PaperSize(form.paper.data))
