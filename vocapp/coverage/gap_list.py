"""The gap list: accounts of a portfolio with empty or doubtful seats or a finding, and what to do first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, Float, Select, case, cast, exists, func, or_, select

from integrations.tables.writing import Cell
from vocapp.accounts.exporting import ExportTable
from vocapp.accounts.footprint import Footprint, NextStep, PersonaSlots, StepKind
from vocapp.accounts.models import Account, Persona, Tier
from vocapp.accounts.queries import footprint_of, visible_accounts
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.coverage.findings import (
    NamedFinding,
    account_url,
    findings_of,
    first_url,
    new_person_url,
    person_url,
)
from vocapp.coverage.models import FootprintDay, Gap
from vocapp.coverage.queries import ACCOUNTS_AT_ONCE
from vocapp.coverage.rules import RENEWAL_IS_NEAR, FindingKind
from vocapp.identity.models import User
from vocapp.rosters.champion_queries import asked_lately

NOBODY = "nobody"

FLAGS: Mapping[FindingKind, Any] = {
    FindingKind.CHAMPION_LEFT: FootprintDay.has_lost_champion,
    FindingKind.CHAMPION_MISSING: FootprintDay.lacks_champion,
    FindingKind.SINGLE_THREADED: FootprintDay.is_single_threaded,
    FindingKind.NOBODY_ANSWERS: FootprintDay.is_unanswered,
}


@dataclass(frozen=True)
class GapFilter:
    """What narrows the gap list; empty means any. `owner` is a user's id as text, or "nobody"."""

    owner: str = ""
    tier_id: int | None = None
    region: str = ""
    persona: str = ""
    finding: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered."""
        return self != GapFilter()


@dataclass(frozen=True, slots=True)
class ListStep:
    """The one thing to do first at an account, and where."""

    title: str
    button: str
    url: str | None


@dataclass(frozen=True, slots=True)
class GapRow:
    """One account of the list.

    `missing` and `doubtful` are the personas with seats nobody is known for, or held by somebody not
    confirmed lately. `since`: when the oldest gap opened.
    """

    id: int
    external_id: str
    name: str
    tier: str | None
    owner: str | None
    region: str
    arr: Decimal | None
    currency: str
    renewal_date: date | None
    is_near: bool
    since: date | None
    days_open: int | None
    slots: Sequence[PersonaSlots]
    missing: Sequence[PersonaSlots]
    doubtful: Sequence[PersonaSlots]
    findings: Sequence[NamedFinding]
    step: ListStep | None


def currency_tops(user: User) -> dict[str, float]:
    """Return currency → the largest ARR among the present accounts a user sees."""
    rows = db.session.execute(
        visible_accounts(user)
        .with_only_columns(Account.currency, func.max(Account.arr))
        .where(Account.status == AccountStatus.ACTIVE, Account.arr > 0)
        .group_by(Account.currency)
    )
    return {currency: float(most or 0) for currency, most in rows}


def gap_orders(tops: Mapping[str, float], *, today: date) -> dict[str, Any]:
    """Return sort key → column. Amounts of different currencies are compared as shares of their largest.

    "pressing", downwards: accounts renewed within 90 days first, then the others, each by ARR.
    """
    share: ColumnElement[Any] = cast(func.coalesce(Account.arr, 0), Float)
    if len(tops) > 1:
        share = share / case(tops, value=Account.currency, else_=1.0)
    highest = 1.0 if len(tops) > 1 else max(tops.values(), default=1.0)
    return {
        "pressing": case((_is_near(today), 2.0 * highest), else_=0.0) + share,
        "name": func.lower(Account.name),
        "owner": select(func.lower(User.name)).where(User.id == Account.owner_id).scalar_subquery(),
        "tier": select(Tier.rank).where(Tier.id == Account.tier_id).scalar_subquery(),
        "arr": share,
        "renewal": Account.renewal_date,
        "missing": FootprintDay.required - FootprintDay.verified_seats,
        "since": FootprintDay.gap_since,
    }


def _is_near(today: date) -> ColumnElement[bool]:
    return Account.renewal_date.between(today, today + RENEWAL_IS_NEAR)


def gap_accounts(user: User, wanted: GapFilter, order: ColumnElement[Any]) -> Select[Any]:
    """Return a select of the ids of the list's accounts in order; ties go by id.

    Ids alone and no names: what decides the order stands in two indexes, and no row needs to be read.
    """
    return (
        visible_accounts(user)
        .join(FootprintDay, (FootprintDay.account_id == Account.id) & FootprintDay.is_latest)
        .with_only_columns(Account.id)
        .where(Account.status == AccountStatus.ACTIVE, *_conditions(wanted))
        .order_by(order, Account.id)
    )


def _facts_of(account_ids: Sequence[int], *, today: date) -> list[Any]:
    """Return what the list shows of accounts, in the order of their ids as given."""
    rows = db.session.execute(
        select(
            Account.id,
            Account.external_id,
            Account.name,
            Tier.name.label("tier"),
            User.name.label("owner"),
            Account.region,
            Account.arr,
            Account.currency,
            Account.renewal_date,
            _is_near(today).label("is_near"),
            FootprintDay.gap_since,
        )
        .join(FootprintDay, (FootprintDay.account_id == Account.id) & FootprintDay.is_latest)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(User, User.id == Account.owner_id)
        .where(Account.id.in_(account_ids))
    )
    found = {row.id: row for row in rows}
    return [found[account_id] for account_id in account_ids if account_id in found]


def _conditions(wanted: GapFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.finding in list(FindingKind):
        found.append(FLAGS[FindingKind(wanted.finding)])
    else:
        named = [flag for kind, flag in FLAGS.items() if kind is not FindingKind.NOBODY_ANSWERS]
        found.append(or_(FootprintDay.verified_seats < FootprintDay.required, *named))
    if wanted.persona:
        open_gap = exists().where(
            Gap.account_id == Account.id,
            Gap.closed_on.is_(None),
            Gap.persona_id == select(Persona.id).where(Persona.key == wanted.persona).scalar_subquery(),
        )
        found.append(open_gap)
    if wanted.owner == NOBODY:
        found.append(Account.owner_id.is_(None))
    elif wanted.owner:
        found.append(Account.owner_id == int(wanted.owner) if wanted.owner.isdecimal() else Account.id < 0)
    if wanted.tier_id is not None:
        found.append(Account.tier_id == wanted.tier_id)
    if wanted.region:
        found.append(Account.region == wanted.region)
    return found


def gap_page(user: User, wanted: GapFilter, order: ColumnElement[Any], *, number: int, today: date) -> Page:
    """Return one page of the gap list as `GapRow`; the number of statements is fixed."""
    page = page_of(gap_accounts(user, wanted, order), number=number)
    return Page(gap_rows(page.items, wanted, today=today), page.number, page.size, page.total)


def gap_rows(account_ids: Sequence[int], wanted: GapFilter, *, today: date) -> list[GapRow]:
    """Return accounts as the list shows them, with seats, findings and next steps as they are now."""
    found = _facts_of(account_ids, today=today)
    footprints = footprint_of(account_ids, today)
    findings = findings_of(footprints, today)
    asked = asked_lately(account_ids, now=datetime.combine(today, time(), tzinfo=UTC))
    steps = {
        row.id: _first_step(row.id, footprints[row.id], wanted, was_asked=row.id in asked) for row in found
    }
    return [_row(row, footprints[row.id], findings.get(row.id, ()), steps[row.id], today) for row in found]


def _first_step(
    account_id: int, footprint: Footprint, wanted: GapFilter, *, was_asked: bool
) -> ListStep | None:
    """Return what to do first; nobody is sent to ask a champion whom it is too early to ask again."""
    steps = [step for step in footprint.steps if step.persona.key == wanted.persona] or footprint.steps
    if was_asked:
        steps = [step for step in steps if step.kind is not StepKind.ASK_CHAMPION] or steps
    if not steps:
        return None
    if was_asked and steps[0].kind is StepKind.ASK_CHAMPION:
        persona = steps[0].persona
        title = gettext(
            "The champion was asked lately. Whom do you know as %(persona)s?", persona=persona.name.lower()
        )
        return ListStep(title, gettext("Name a person"), new_person_url(account_id, persona.key))
    return list_step(account_id, steps[0], footprint)


def _row(
    row: Any, footprint: Footprint, findings: Sequence[NamedFinding], step: ListStep | None, today: date
) -> GapRow:
    if step is None and findings:
        step = ListStep(findings[0].sentence, findings[0].step, findings[0].url)
    return GapRow(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        tier=row.tier,
        owner=row.owner,
        region=row.region,
        arr=row.arr,
        currency=row.currency,
        renewal_date=row.renewal_date,
        is_near=bool(row.is_near),
        since=row.gap_since,
        days_open=None if row.gap_since is None else (today - row.gap_since).days,
        slots=footprint.personas,
        missing=[group for group in footprint.personas if group.empty],
        doubtful=[group for group in footprint.personas if group.doubtful],
        findings=findings,
        step=step,
    )


def list_step(account_id: int, step: NextStep, footprint: Footprint) -> ListStep:
    """Return the next step of an account in words, with the page on which it is done."""
    persona, name = step.persona.name.lower(), step.person.name if step.person else ""
    if step.kind is StepKind.CONFIRM and step.person is not None:
        doubtful = sum(group.doubtful for group in footprint.personas)
        roster = first_url(("rosters.confirm", {"account_id": account_id}))
        if doubtful > 1 and roster is not None:
            title = ngettext("Confirm %(num)s person", "Confirm %(num)s people", doubtful)
            return ListStep(title, gettext("Go through the roster"), roster)
        return ListStep(
            gettext("Confirm %(name)s", name=name),
            gettext("Look and confirm"),
            person_url(step.person.contact_id),
        )
    if step.kind is StepKind.ASK_CHAMPION:
        title = gettext("Ask %(name)s, the champion, for: %(persona)s", name=name, persona=persona)
        asking = first_url(("champion.ask", {"account_id": account_id}))
        return ListStep(title, gettext("Ask the champion"), asking or account_url(account_id))
    if step.kind is StepKind.ASK_SOMEBODY:
        title = gettext("Ask %(name)s for: %(persona)s", name=name, persona=persona)
        return ListStep(title, gettext("Name a person"), new_person_url(account_id, step.persona.key))
    return ListStep(
        gettext("Find a first person to talk to"),
        gettext("Name a person"),
        new_person_url(account_id, step.persona.key),
    )


COLUMNS = (
    "external_id",
    "account",
    "tier",
    "csm",
    "region",
    "arr",
    "currency",
    "renewal_date",
    "missing",
    "in_doubt",
    "open_since",
    "days_open",
    "findings",
    "next_step",
)


def gap_table(user: User, wanted: GapFilter, order: ColumnElement[Any], *, today: date) -> ExportTable:
    """Return the whole list as a table, in its order."""
    ids = db.session.scalars(gap_accounts(user, wanted, order)).all()
    return ExportTable("gaps", COLUMNS, _cells(ids, wanted, today))


def _cells(account_ids: Sequence[int], wanted: GapFilter, today: date) -> Iterator[Sequence[Cell]]:
    for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
        for row in gap_rows(account_ids[start : start + ACCOUNTS_AT_ONCE], wanted, today=today):
            yield [
                row.external_id,
                row.name,
                row.tier,
                row.owner,
                row.region,
                row.arr,
                row.currency,
                row.renewal_date,
                persona_list(row.missing, "empty"),
                "; ".join(f"{group.name}: {_names_in_doubt(group)}" for group in row.doubtful),
                row.since,
                row.days_open,
                "; ".join(finding.name for finding in row.findings),
                row.step.title if row.step else None,
            ]


def persona_list(groups: Sequence[PersonaSlots], state: str) -> str:
    """Return personas with how many seats are "empty" or "doubtful": "Champion, Power user × 3".

    Where some seats of a persona have somebody and others are empty: "Admin (1 of 2 known)".
    """
    return ", ".join(_persona_words(group, state) for group in groups)


def _persona_words(group: PersonaSlots, state: str) -> str:
    known, count = group.required - group.empty, int(getattr(group, state))
    if state == "empty" and known:
        return str(
            gettext(
                "%(persona)s (%(known)s of %(seats)s known)",
                persona=group.name,
                known=known,
                seats=group.required,
            )
        )
    return f"{group.name} × {count}" if count > 1 else group.name


def _names_in_doubt(group: PersonaSlots) -> str:
    return ", ".join(slot.person.name for slot in group.slots if slot.person and slot.state == "doubtful")
