"""Which accounts went silent, who there, for how long, and what they are worth."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from surveys.silence import SilenceJudgement, judge_silence
from vocapp.accounts.models import Account, Contact, Tier
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.engagement.queries import PersonVoice, voices
from vocapp.engagement.rules import Voice
from vocapp.identity.models import User
from vocapp.method.queries import method_on
from vocapp.portfolio.answer_rates import AnswerRates, answer_rates
from vocapp.portfolio.listed import arr_columns
from vocapp.portfolio.queries import SILENT, STATUS, Filters, customers, matching
from vocapp.portfolio.rules import Silence
from vocapp.portfolio.worth import Worth, worth_together
from vocapp.relationship.models import AccountScore

PEOPLE_NAMED = 4


@dataclass(frozen=True, slots=True)
class SilentPerson:
    """Somebody who left the latest invitations unanswered, `waves` in a row."""

    contact_id: int
    name: str
    title: str
    waves: int
    is_decision_maker: bool


@dataclass(frozen=True, slots=True)
class SilentAccount:
    """An account that went silent: since how many waves, of whom, how unusual that is, and what it is worth.

    `waves` counts those that nobody answered, `decision_maker_waves` those that reached a decision maker and
    none answered (both 0 for none); `last_heard` is when the last answered wave went out, None for never.
    """

    id: int
    name: str
    tier: str | None
    region: str
    owner: str | None
    arr: Decimal | None
    currency: str
    renewal_date: date | None
    status: str
    waves: int
    decision_maker_waves: int
    last_heard: date | None
    people: Sequence[SilentPerson]
    more: int
    chance: SilenceJudgement


@dataclass(frozen=True, slots=True)
class SilenceCounts:
    """How many accounts match, how many of them a closed wave reached, and how many are silent in which way.

    `deciders` are those where others answer and no decision maker does; `never` those of the silent ones that
    have never answered; `worth` is that of the accounts the page lists.
    """

    accounts: int
    reached: int
    silent: int
    long: int
    deciders: int
    never: int
    worth: Worth


@dataclass(frozen=True, slots=True)
class SilencePage:
    """Everything on the page of silent accounts; `everywhere` counts all accounts that the reader sees."""

    counts: SilenceCounts
    everywhere: SilenceCounts
    page: Page


def silence_page(
    user: User, filters: Filters, *, order: ColumnElement[Any], page_number: int, now: datetime
) -> SilencePage:
    """Return the accounts that went silent, one page of them; the number of statements is fixed."""
    counts = silence_counts(user, filters)
    columns: tuple[Any, ...] = (
        Account.id,
        Account.name,
        Account.tier_id,
        Tier.name.label("tier"),
        Account.region,
        User.name.label("owner"),
        Account.arr,
        Account.currency,
        Account.renewal_date,
        STATUS.label("status"),
        AccountScore.silent_waves,
        AccountScore.decision_maker_silent_waves,
        AccountScore.last_heard,
    )
    rows = (
        customers(user)
        .where(*matching(filters))
        .with_only_columns(*columns)
        .order_by(order, Account.arr.desc().nulls_last(), Account.name, Account.id)
    )
    page = page_of(rows, number=page_number, scalars=False, total=counts.worth.accounts)
    return SilencePage(
        counts=counts,
        everywhere=silence_counts(user, Filters(silence=filters.silence)),
        page=Page(_accounts(page.items, now=now), page.number, page.size, page.total),
    )


def silence_counts(user: User, filters: Filters) -> SilenceCounts:
    """Return how many of the accounts that match, silent or not, are silent, in one statement."""
    is_whole, is_any = SILENT[Silence.WHOLE], SILENT[Silence.ANY]
    chosen = SILENT.get(filters.silence, is_any)
    groups = (
        customers(user)
        .where(*matching(replace(filters, silence="")))
        .with_only_columns(
            Account.currency,
            func.count(),
            func.count(AccountScore.silent_waves),
            func.count(case((is_whole, 1))),
            func.count(case((SILENT[Silence.LONG], 1))),
            func.count(case((is_any & ~is_whole, 1))),
            func.count(case((is_whole & AccountScore.last_heard.is_(None), 1))),
            func.count(case((chosen, 1))),
            *arr_columns(chosen),
        )
        .group_by(Account.currency)
        .order_by(None)
    )
    rows = [tuple(row) for row in db.session.execute(groups)]
    accounts, reached, silent, long, deciders, never = (
        sum(row[place] for row in rows) for place in range(1, 7)
    )
    return SilenceCounts(
        accounts=accounts,
        reached=reached,
        silent=silent,
        long=long,
        deciders=deciders,
        never=never,
        worth=worth_together((row[0], *row[7:]) for row in rows),
    )


def _accounts(rows: Sequence[Any], *, now: datetime) -> list[SilentAccount]:
    silent = _silent_people([row.id for row in rows], now=now)
    people, rates = _named(silent), answer_rates(fewest=method_on(now.date()).parameters.tier_accounts)
    return [_account(row, people.get(row.id, []), silent.get(row.id, []), rates) for row in rows]


def _silent_people(account_ids: Sequence[int], *, now: datetime) -> dict[int, list[PersonVoice]]:
    found: defaultdict[int, list[PersonVoice]] = defaultdict(list)
    for voice in voices(account_ids, until=now).values():
        if voice.voice is Voice.SILENT and voice.silent_streak:
            found[voice.account_id].append(voice)
    return found


def _named(silent: Mapping[int, Sequence[PersonVoice]]) -> dict[int, list[SilentPerson]]:
    """Return account id → its silent people who are still there, deciders and long silences first."""
    known = {voice.contact_id: voice for some in silent.values() for voice in some}
    columns = (Contact.id, Contact.account_id, Contact.first_name, Contact.last_name, Contact.email)
    rows = db.session.execute(
        select(*columns, Contact.title).where(
            Contact.id.in_(known), Contact.status == ContactStatus.ACTIVE, Contact.merged_into_id.is_(None)
        )
    )
    found: defaultdict[int, list[SilentPerson]] = defaultdict(list)
    for contact_id, account_id, first, last, email, title in rows:
        voice = known[contact_id]
        name = f"{first} {last}".strip() or email
        found[account_id].append(
            SilentPerson(contact_id, name, title, voice.silent_streak, voice.is_decision_maker)
        )
    for some in found.values():
        some.sort(key=lambda one: (not one.is_decision_maker, -one.waves, one.name, one.contact_id))
    return found


def _account(
    row: Any,
    people: Sequence[SilentPerson],
    silent: Sequence[PersonVoice],
    rates: AnswerRates,
) -> SilentAccount:
    waves, decider_waves = row.silent_waves or 0, row.decision_maker_silent_waves or 0
    # Where somebody answers, only the silence of those who decide is one of the account.
    unanswered = sum(
        min(voice.silent_streak, waves or decider_waves)
        for voice in silent
        if waves or voice.is_decision_maker
    )
    return SilentAccount(
        id=row.id,
        name=row.name,
        tier=row.tier,
        region=row.region,
        owner=row.owner,
        arr=row.arr,
        currency=row.currency,
        renewal_date=row.renewal_date,
        status=row.status,
        waves=waves,
        decision_maker_waves=decider_waves,
        last_heard=row.last_heard,
        people=people[:PEOPLE_NAMED],
        more=max(0, len(people) - PEOPLE_NAMED),
        chance=judge_silence(unanswered, response_rate=rates.of_tier(row.tier_id)),
    )
