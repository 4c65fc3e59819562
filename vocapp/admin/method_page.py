"""The pages of the method, put together: versions, a draft, and who would change colour."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from surveys.method_words import Chapter, chapters_of
from surveys.parameters import Change, changes_between
from vocapp.accounts.models import Account, Tier
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import Page, list_page
from vocapp.engagement.queries import ACCOUNTS_AT_ONCE
from vocapp.identity.models import User
from vocapp.method.models import MethodVersion
from vocapp.method.queries import method_on, version_in_force, version_numbered, versions
from vocapp.method.rules import (
    AS_DELIVERED,
    OPEN,
    Method,
    Move,
    Preview,
    VersionState,
    may_decide,
    needs_second_person,
    preview_from,
)
from vocapp.method.service import ask_for_preview, keep_preview, request_force
from vocapp.relationship.what_if import colour_changes, is_quick, regions_of

WITHOUT = "-"


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version with what it changed against the one that was in force before it."""

    version: MethodVersion
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions, newest first; `open` is the draft or what waits, `in_force` the one that holds."""

    lines: Sequence[VersionLine]
    in_force: MethodVersion
    open: MethodVersion | None
    is_review_due: bool


def versions_page(today: date) -> Versions:
    """Return the page of versions."""
    found = versions()
    in_force = next(one for one in found if one.state == VersionState.IN_FORCE)
    return Versions(
        lines=[VersionLine(one, _changes_of(one, found)) for one in found],
        in_force=in_force,
        open=next((one for one in found if one.state in OPEN), None),
        is_review_due=in_force.next_review_on is not None and in_force.next_review_on <= today,
    )


def _changes_of(version: MethodVersion, found: Sequence[MethodVersion]) -> tuple[Change, ...]:
    """Return what a version changed against the last one before it that was ever in force."""
    before = next(
        (one for one in found if one.number < version.number and one.in_force_from is not None), version
    )
    return changes_between(before.chosen, version.chosen)


def changes_against_force(version: MethodVersion) -> tuple[Change, ...]:
    """Return what a version changes against the one in force."""
    in_force = version_in_force()
    before = AS_DELIVERED.parameters if in_force is None else in_force.chosen
    return changes_between(before, version.chosen)


def chapters_on(today: date) -> tuple[Method, tuple[Chapter, ...]]:
    """Return the method in force on a day, and the same in words."""
    method = method_on(today)
    return method, chapters_of(method.parameters)


@dataclass(frozen=True, slots=True)
class Moved:
    """An account that would change colour, as a list names it."""

    account_id: int
    name: str
    region: str
    tier: str
    tier_id: int | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Who would change colour under a version.

    `counts` are (from, to, accounts) of those that the filter leaves, the most first; `total` counts all.
    `region` "-" asks for accounts without one.
    """

    counts: Sequence[tuple[str, str, int]]
    total: int
    page: Page
    regions: Sequence[tuple[str, str]]
    tiers: Sequence[tuple[int, str]]
    region: str
    tier_id: int | None
    needs_second_person: bool


def preview_on(version: MethodVersion, now: datetime) -> Preview | None:
    """Return who would change colour under a version, worked out today; None while nobody has done that.

    What was kept is shown as long as it is of today; where it is quick, the rest is worked out at once.
    """
    kept = preview_from(version.preview)
    if kept is not None and kept.moves is not None and _is_of(kept, version, now):
        return kept
    return _worked_out(version, now) if is_quick() else None


def work_out(number: int, *, now: datetime) -> None:
    """Work out anew who would change colour, at once where it is quick, else in the background.

    Raises `DomainError` when the draft is gone or decided about.
    """
    found = None
    if is_quick():
        with reading():
            version = version_numbered(number)
            found = None if version is None else _worked_out(version, now)
    with transaction():
        if found is None:
            ask_for_preview(number, as_of=now.date())
        else:
            keep_preview(number, found)


def _worked_out(version: MethodVersion, now: datetime) -> Preview:
    method = Method(version.number, version.chosen, now.date())
    return Preview(version.saves, now.date(), colour_changes(method, as_of=now.date()), now)


def _is_of(kept: Preview, version: MethodVersion, now: datetime) -> bool:
    return (kept.saves, kept.as_of) == (version.saves, now.date())


def is_in_the_works(version: MethodVersion) -> bool:
    """Whether somebody asked who would change colour, and it is not worked out yet."""
    kept = preview_from(version.preview)
    return kept is not None and kept.moves is None and kept.saves == version.saves


def what_if(moves: Sequence[Move], *, region: str, tier_id: int | None, number: int) -> WhatIf:
    """Return one page of those who would change colour, of a region and a tier or of all."""
    everybody = _named(moves)
    shown = [one for one in everybody if _is_meant(one, region, tier_id)]
    counts = Counter((one.before, one.after) for one in shown)
    regions = sorted({one.region for one in everybody})
    return WhatIf(
        counts=[(before, after, count) for (before, after), count in counts.most_common()],
        total=len(everybody),
        page=list_page(shown, number=number),
        regions=[(name or WITHOUT, name or "No region") for name in regions],
        tiers=sorted({(one.tier_id or 0, one.tier) for one in everybody if one.tier_id}),
        region=region,
        tier_id=tier_id,
        needs_second_person=needs_second_person(regions),
    )


def _is_meant(one: Moved, region: str, tier_id: int | None) -> bool:
    wanted = "" if region == WITHOUT else region
    return (not region or one.region == wanted) and (tier_id is None or one.tier_id == tier_id)


def _named(moves: Sequence[Move]) -> list[Moved]:
    """Return accounts by name, with what a list says about them."""
    by_id = {move.account_id: move for move in moves}
    ids, found = sorted(by_id), []
    for start in range(0, len(ids), ACCOUNTS_AT_ONCE):
        rows = db.session.execute(
            select(Account.id, Account.name, Account.region, Tier.name, Account.tier_id)
            .outerjoin(Tier, Tier.id == Account.tier_id)
            .where(Account.id.in_(ids[start : start + ACCOUNTS_AT_ONCE]))
        )
        found += [
            Moved(one, name, region, tier or "", tier_id, by_id[one].before, by_id[one].after)
            for one, name, region, tier, tier_id in rows
        ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.account_id))


def ask_for_force(number: int, *, seen: int, by: User, now: datetime) -> MethodVersion:
    """Put a draft into force, or let it wait for a second person, as those who would change colour decide.

    Raises `DomainError` as `request_force`, and where it has not been worked out today who that is. Where it
    is quick, it is worked out anew: answers may have come since the page was made.
    """
    with reading():
        draft = version_numbered(number)
        moves: tuple[Move, ...] | None = ()
        if draft is not None:
            found = _worked_out(draft, now) if is_quick() else preview_on(draft, now)
            moves = found.moves if found else None
        if moves is None:
            raise DomainError("Let it be worked out first who would change colour; then put it into force.")
        regions = regions_of([move.account_id for move in moves])
    with transaction():
        return request_force(number, regions=regions, accounts=len(moves), seen=seen, by=by, now=now)


def may_approve(version: MethodVersion, person: User) -> bool:
    """Whether a person may approve or refuse a version that waits."""
    return version.state == VersionState.WAITING and may_decide(person.id, version.editors)
