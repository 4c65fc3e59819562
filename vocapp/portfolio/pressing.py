"""What could be done next: candidates from answers, silence, suggestions and waves, read only."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import aliased

from vocapp.accounts.models import Account, Contact, Persona, Tier, contact_personas
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.assessments.queries import is_due, last_at, worst_first
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.engagement.queries import PersonVoice, voices
from vocapp.engagement.rules import DECISION_MAKER, Voice
from vocapp.freshness.models import Suggestion
from vocapp.freshness.rules import SuggestionKind
from vocapp.identity.models import User
from vocapp.portfolio.queries import RANK, Filters, customers, matching
from vocapp.portfolio.rules import (
    DETRACTOR_DAYS,
    SILENT_WAVES_TO_ACT_ON,
    Action,
    ActionKind,
    needs_wave,
)
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import is_on_one_scale, is_unhappy, kind_of

# Seats and silence are looked for where it is worst; the other accounts wait for another morning.
ACCOUNTS_LOOKED_AT = 60
CANDIDATES_OF_A_KIND = 40


def candidates(
    user: User, filters: Filters, accounts: Mapping[int, dict[str, Any]], *, now: datetime
) -> list[Action]:
    """Return what a user could do next about people and waves, in no order, in a fixed number of statements.

    `accounts` are those of `pressing_accounts`; what their seats ask for is said by `seats.seat_actions`.
    """
    today = now.date()
    found = [
        *_detractors(user, filters, now=now),
        *_suggestions(user, filters, today=today),
        *_silences(accounts, now=now),
        *_assessment(user, filters, today=today),
    ]
    if not filters.is_set:
        found += _waves(user, today=today)
    return found


def pressing_accounts(user: User, filters: Filters, *, today: date) -> dict[int, dict[str, Any]]:
    """Return account id → the facts an action needs, of the accounts that press most."""
    coming = case((Account.renewal_date >= today, Account.renewal_date))
    rows = db.session.execute(
        customers(user)
        .with_only_columns(Account.id, Account.name, Tier.rank, Account.renewal_date)
        .where(*matching(filters))
        .order_by(RANK, Tier.rank.nulls_last(), coming.nulls_last(), Account.id)
        .limit(ACCOUNTS_LOOKED_AT)
    )
    return {
        account_id: _account_facts(account_id, name, rank, renewal, today)
        for account_id, name, rank, renewal in rows
    }


def _account_facts(
    account_id: int, name: str, rank: int | None, renewal: date | None, today: date
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "account": name,
        "tier_rank": rank,
        "days_to_renewal": None if renewal is None else (renewal - today).days,
    }


def _is_decision_maker() -> ColumnElement[bool]:
    return exists().where(
        contact_personas.c.contact_id == Contact.id,
        contact_personas.c.persona_id == Persona.id,
        Persona.key == DECISION_MAKER,
    )


def _detractors(user: User, filters: Filters, *, now: datetime) -> Iterator[Action]:
    """Yield calls to unhappy people who did not refuse to be contacted and have not answered better since."""
    newer = aliased(Response)
    is_superseded = exists().where(
        newer.contact_id == Response.contact_id,
        newer.answered_at > Response.answered_at,
        newer.quarantine_reason.is_(None),
        openly_given(newer),
        is_on_one_scale(newer, Response),
    )
    rows = db.session.execute(
        customers(user)
        .join(Response, Response.account_id == Account.id)
        .join(Contact, Contact.id == Response.contact_id)
        .with_only_columns(
            Account.id,
            Account.name,
            Tier.rank,
            Account.renewal_date,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            _is_decision_maker(),
            Response.id,
            Response.rating,
            kind_of(),
            Response.comment,
            Response.answered_at,
        )
        .where(
            *matching(filters),
            Response.answered_at >= now - timedelta(days=DETRACTOR_DAYS),
            is_unhappy(),
            # Whoever was not asked has not refused.
            Response.may_contact.is_not(False),
            Response.quarantine_reason.is_(None),
            openly_given(),
            Contact.status == ContactStatus.ACTIVE,
            ~is_superseded,
        )
        .order_by(Tier.rank.nulls_last(), Response.rating, Response.id)
        .limit(CANDIDATES_OF_A_KIND)
    )
    for account_id, account, rank, renewal, contact_id, first, last, email, decides, *answer in rows:
        response_id, rating, kind, comment, answered_at = answer
        yield Action(
            ActionKind.CALL_DETRACTOR,
            **_account_facts(account_id, account, rank, renewal, now.date()),
            contact_id=contact_id,
            person=f"{first} {last}".strip() or email,
            is_decision_maker=bool(decides),
            rating=rating,
            rating_kind=kind,
            comment=comment,
            days=(now - answered_at).days,
            subject_id=response_id,
        )


def _suggestions(user: User, filters: Filters, *, today: date) -> list[Action]:
    """Return per account what others told us about its people and nobody decided about yet."""
    waiting = (
        customers(user)
        .join(Suggestion, Suggestion.account_id == Account.id)
        .where(*matching(filters), Suggestion.decision.is_(None))
    )
    kind, newest = Suggestion.kind, func.max(Suggestion.id)
    rows = db.session.execute(
        waiting.with_only_columns(
            Account.id,
            Account.name,
            Tier.rank,
            Account.renewal_date,
            newest,
            func.count(case((kind == SuggestionKind.NEW_PERSON, 1))),
            func.count(case((kind == SuggestionKind.LEFT, 1))),
            func.count(case((kind == SuggestionKind.CORRECTION, 1))),
        )
        .group_by(Account.id, Account.name, Tier.rank, Account.renewal_date)
        .order_by(newest.desc())
        .limit(CANDIDATES_OF_A_KIND)
    ).all()
    alone = _suggestions_in_words(row[4] for row in rows if sum(row[5:]) == 1)
    return [
        Action(
            ActionKind.DECIDE_SUGGESTION,
            **_account_facts(*row[:4], today),
            newcomers=row[5],
            departures=row[6],
            corrections=row[7],
            **alone.get(row[4], {}),
        )
        for row in rows
    ]


def _suggestions_in_words(suggestion_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return suggestion id → whom it is about, as an action says it."""
    teller = aliased(Contact)
    columns: tuple[Any, ...] = (
        Suggestion,
        Contact.id,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        _is_decision_maker(),
        teller.first_name,
        teller.last_name,
        teller.email,
    )
    rows = db.session.execute(
        select(*columns)
        .outerjoin(Contact, Contact.id == Suggestion.contact_id)
        .outerjoin(teller, teller.id == Suggestion.named_by_id)
        .where(Suggestion.id.in_(list(suggestion_ids)))
    )
    found: dict[int, dict[str, Any]] = {}
    for suggestion, contact_id, *told in rows:
        about, decides, teller_name = _name(*told[0:3]), told[3], _name(*told[4:7])
        is_new, values = suggestion.kind == SuggestionKind.NEW_PERSON, suggestion.values
        parts = [suggestion.persona_key, *values.get("personas", ())]
        new_name = _name(*(values.get(part) for part in ("first_name", "last_name", "email")))
        found[suggestion.id] = {
            "contact_id": contact_id,
            "person": teller_name if is_new else about,
            "is_decision_maker": bool(decides) or (is_new and DECISION_MAKER in parts),
            "subject_id": suggestion.id,
            "named": new_name if is_new else "",
            "has_left": suggestion.kind == SuggestionKind.LEFT,
        }
    return found


def suggestions_waiting(user: User, filters: Filters) -> int:
    """Return how many suggestions about present accounts wait for a decision."""
    waiting = customers(user).join(Suggestion, Suggestion.account_id == Account.id).order_by(None)
    counted = waiting.where(*matching(filters), Suggestion.decision.is_(None))
    return db.session.scalar(counted.with_only_columns(func.count())) or 0


def _name(first: str | None, last: str | None, email: str | None) -> str:
    return f"{first or ''} {last or ''}".strip() or email or ""


def _silences(accounts: Mapping[int, dict[str, Any]], *, now: datetime) -> list[Action]:
    """Return people who left two or more waves in a row unanswered."""
    heard = voices(list(accounts), until=now)
    silent = {
        contact_id: voice
        for contact_id, voice in heard.items()
        if voice.voice is Voice.SILENT and voice.silent_streak >= SILENT_WAVES_TO_ACT_ON
    }
    pressing = sorted(silent.values(), key=lambda voice: (not voice.is_decision_maker, -voice.silent_streak))
    chosen = {voice.contact_id: voice for voice in pressing[: 2 * CANDIDATES_OF_A_KIND]}
    rows = db.session.execute(
        select(
            Contact.id,
            Contact.account_id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            func.min(Persona.name).label("persona"),
        )
        .outerjoin(contact_personas, contact_personas.c.contact_id == Contact.id)
        .outerjoin(Persona, Persona.id == contact_personas.c.persona_id)
        .where(Contact.id.in_(chosen), Contact.status == ContactStatus.ACTIVE)
        .group_by(Contact.id, Contact.account_id, Contact.first_name, Contact.last_name, Contact.email)
    )
    return [_silence(row, chosen[row.id], accounts[row.account_id]) for row in rows]


def _silence(row: Any, voice: PersonVoice, account: dict[str, Any]) -> Action:
    return Action(
        ActionKind.REACH_SILENT,
        **account,
        contact_id=row.id,
        person=f"{row.first_name} {row.last_name}".strip() or row.email,
        persona=row.persona or "",
        is_decision_maker=voice.is_decision_maker,
        silent_waves=voice.silent_streak,
    )


def _assessment(user: User, filters: Filters, *, today: date) -> list[Action]:
    """Return the one account that most needs somebody to write down how it stands."""
    columns: tuple[Any, ...] = (Account.id, Account.name, Tier.rank, Account.renewal_date, last_at)
    first = db.session.execute(
        customers(user)
        .with_only_columns(*columns)
        .where(*matching(filters), is_due(today))
        .order_by(*worst_first(today))
        .limit(1)
    )
    return [
        Action(
            ActionKind.ASSESS,
            **_account_facts(account_id, name, rank, renewal, today),
            days=None if at is None else (today - at.date()).days,
        )
        for account_id, name, rank, renewal, at in first
    ]


def _waves(user: User, *, today: date) -> Iterator[Action]:
    """Yield a user's own wave that waits to be launched, or the advice to prepare one."""
    own = select(Wave.id, Wave.name, Wave.state, Wave.launched_at, Wave.created_at).where(
        Wave.owner_id == user.id, Wave.state != WaveState.CANCELLED, Wave.is_imported.is_(False)
    )
    rows = db.session.execute(own.order_by(Wave.created_at.desc()).limit(CANDIDATES_OF_A_KIND)).all()
    drafts = [row for row in rows if row.state == WaveState.DRAFT]
    accounts: dict[int, int] = dict(
        db.session.execute(
            select(wave_accounts.c.wave_id, func.count())
            .where(wave_accounts.c.wave_id.in_([row.id for row in drafts]))
            .group_by(wave_accounts.c.wave_id)
        ).all()
    )
    for row in drafts:
        days = (today - row.created_at.date()).days
        yield Action(
            ActionKind.LAUNCH_WAVE,
            subject_id=row.id,
            named=row.name,
            accounts=accounts.get(row.id, 0),
            days=days,
        )
    is_prepared = any(row.state in (WaveState.DRAFT, WaveState.SCHEDULED, WaveState.OPEN) for row in rows)
    last = max((row.launched_at for row in rows if row.launched_at is not None), default=None)
    if not is_prepared and needs_wave(
        last.astimezone(UTC).date() if last else None, today=today, has_people=_owns_people(user)
    ):
        yield Action(ActionKind.START_WAVE, days=(today - last.date()).days if last else None)


def _owns_people(user: User) -> bool:
    own = select(Contact.id).join(Account, Account.id == Contact.account_id)
    own = own.where(
        Account.owner_id == user.id,
        Account.status == AccountStatus.ACTIVE,
        Contact.status == ContactStatus.ACTIVE,
        Account.id.in_(visible_account_ids(user)),
    )
    return db.session.scalar(own.limit(1)) is not None
