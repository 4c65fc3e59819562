"""The named findings of accounts in words, each with its next step and where that is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext

from vocapp.accounts.footprint import Footprint
from vocapp.accounts.queries import personas_in_order
from vocapp.core.navigation import is_known
from vocapp.coverage.queries import circles_of
from vocapp.coverage.rules import CHAMPION, Finding, FindingKind, judge_circle


@dataclass(frozen=True, slots=True)
class NamedFinding:
    """A finding as a page shows it; `step` says what to do and `url` leads there."""

    kind: FindingKind
    name: str
    sentence: str
    step: str
    url: str | None


def findings_of(footprints: Mapping[int, Footprint], on: date) -> dict[int, tuple[NamedFinding, ...]]:
    """Return account id → its findings on a date, the most urgent first, in seven statements.

    Takes the footprints of at most `queries.ACCOUNTS_AT_ONCE` accounts on that date.
    """
    personas = {persona.key: persona.name for persona in personas_in_order()}
    return {
        account_id: tuple(named(finding, account_id, personas) for finding in judge_circle(circle))
        for account_id, circle in circles_of(footprints, on).items()
    }


def finding_name(kind: FindingKind) -> str:
    """Return what a finding is called."""
    match kind:
        case FindingKind.SINGLE_THREADED:
            return str(gettext("Single-threaded"))
        case FindingKind.CHAMPION_MISSING:
            return str(gettext("Champion missing"))
        case FindingKind.CHAMPION_LEFT:
            return str(gettext("Champion left"))
        case FindingKind.NOBODY_ANSWERS:
            return str(gettext("Nobody answers"))


def named(finding: Finding, account_id: int, personas: Mapping[str, str]) -> NamedFinding:
    """Return a finding in words; `personas` maps key → name."""
    sentence, step, url = _words(finding, account_id, personas)
    return NamedFinding(finding.kind, finding_name(finding.kind), sentence, step, url)


def _words(finding: Finding, account_id: int, personas: Mapping[str, str]) -> tuple[str, str, str | None]:
    match finding.kind:
        case FindingKind.SINGLE_THREADED:
            return _single_threaded(finding, account_id, personas)
        case FindingKind.CHAMPION_MISSING:
            return (
                gettext("A champion should be known here, and nobody is."),
                gettext("Name a champion"),
                new_person_url(account_id, CHAMPION),
            )
        case FindingKind.CHAMPION_LEFT:
            return _champion_left(finding, account_id)
        case FindingKind.NOBODY_ANSWERS:
            return (
                gettext("People were asked in the last 12 months, and nobody who is still there answered."),
                gettext("See who is silent"),
                account_url(account_id, anchor="people"),
            )


def _single_threaded(
    finding: Finding, account_id: int, personas: Mapping[str, str]
) -> tuple[str, str, str | None]:
    url = first_url(
        ("champion.ask", {"account_id": account_id}), ("rosters.confirm", {"account_id": account_id})
    ) or account_url(account_id, anchor="people")
    if finding.people == 1:
        return (
            gettext(
                "Only %(name)s answers us. Should they leave, nobody is left to talk to.", name=finding.person
            ),
            gettext("Ask who else to listen to"),
            url,
        )
    if not finding.persona:
        sentence = gettext(
            "%(num)s people answer us, and we know no role of theirs: nobody is heard as a persona.",
            num=finding.people,
        )
    else:
        sentence = gettext(
            "%(num)s people answer us, and all of them are of one persona: %(persona)s.",
            num=finding.people,
            persona=personas.get(finding.persona, finding.persona).lower(),
        )
    return sentence, gettext("Ask who else to listen to"), url


def _champion_left(finding: Finding, account_id: int) -> tuple[str, str, str | None]:
    sentence = gettext(
        "%(name)s was the champion and has left, or their address no longer works; "
        "nobody confirmed has taken over.",
        name=finding.person,
    )
    if finding.successor is None:
        return sentence, gettext("Name a new champion"), new_person_url(account_id, CHAMPION)
    step = gettext("Confirm %(name)s", name=finding.successor.name)
    return sentence, step, person_url(finding.successor.contact_id)


def first_url(*doors: tuple[str, dict[str, Any]]) -> str | None:
    """Return the address of the first page that exists; doors are (endpoint, values)."""
    return next((url_for(endpoint, **values) for endpoint, values in doors if is_known(endpoint)), None)


def account_url(account_id: int, *, anchor: str | None = None) -> str | None:
    """Return the address of an account's page, or of a part of it."""
    return first_url(("portfolio.account", {"account_id": account_id, "_anchor": anchor}))


def person_url(contact_id: int) -> str | None:
    """Return the address of a person's page."""
    return first_url(
        ("people.show", {"contact_id": contact_id}), ("accounts.contact", {"contact_id": contact_id})
    )


def new_person_url(account_id: int, persona: str) -> str | None:
    """Return the address of the form that names a person for a seat."""
    return first_url(("accounts.new_contact", {"account_id": account_id, "persona": persona}))
