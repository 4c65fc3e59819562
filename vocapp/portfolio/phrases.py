"""Judgements as sentences in the reader's language."""

from collections.abc import Sequence
from datetime import date

from flask_babel import format_date, gettext, ngettext

from surveys.status import Status
from vocapp.core.formats import day, decimal
from vocapp.portfolio.queries import OwnerRow
from vocapp.portfolio.rules import SOON_CLOSING_DAYS, Action, ActionKind, DayAhead


def join_clauses(clauses: Sequence[str]) -> str:
    """Return clauses as one list with commas."""
    return ", ".join(clause for clause in clauses if clause)


def as_sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a full stop."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def day_line(ahead: DayAhead) -> str:
    """Return a day in one line: "3 people to talk to today, 2 gaps to close, a wave closing Friday."."""
    clauses = [
        ngettext("%(num)s person to talk to today", "%(num)s people to talk to today", ahead.talks)
        if ahead.talks
        else "",
        ngettext("%(num)s gap to close", "%(num)s gaps to close", ahead.gaps) if ahead.gaps else "",
        _closing(ahead),
    ]
    return as_sentence(join_clauses(clauses)) or gettext("Nothing presses today.")


def _closing(ahead: DayAhead) -> str:
    if ahead.closes_on is None or ahead.days_to_close is None:
        return ""
    when = closing_day(ahead.closes_on, ahead.days_to_close)
    if ahead.open_waves == 1:
        return str(gettext("a wave closing %(when)s", when=when))
    return str(
        ngettext(
            "%(num)s open wave, the first closing %(when)s",
            "%(num)s open waves, the first closing %(when)s",
            ahead.open_waves,
            when=when,
        )
    )


def closing_line(closes: Sequence[date], *, today: date) -> str:
    """Return until when open waves take answers."""
    if not closes:
        return ""
    when = closing_day(min(closes), (min(closes) - today).days)
    if len(set(closes)) > 1:
        return str(gettext("The first one closes %(when)s.", when=when))
    return str(ngettext("Closes %(when)s.", "All close %(when)s.", len(closes), when=when))


def closing_day(closes_on: date, days: int) -> str:
    """Return "today", "tomorrow", "Friday" within a week, else the date."""
    if days <= 0:
        return str(gettext("today"))
    if days == 1:
        return str(gettext("tomorrow"))
    if days < SOON_CLOSING_DAYS:
        return str(format_date(closes_on, "EEEE"))
    return day(closes_on)


def renewal_words(days: int | None) -> str:
    """Return "renewal in 41 days", "renewal today"; nothing for a date that is unknown or has passed."""
    if days is None or days < 0:
        return ""
    if days == 0:
        return str(gettext("renewal today"))
    return str(ngettext("renewal in %(num)s day", "renewal in %(num)s days", days))


def title_of(action: Action) -> str:
    """Return what to do, with a name."""
    person, persona = action.person, action.persona.lower()
    match action.kind:
        case ActionKind.CALL_DETRACTOR:
            return str(gettext("Call %(person)s", person=person))
        case ActionKind.REACH_SILENT:
            return str(gettext("Reach out to %(person)s", person=person))
        case ActionKind.DECIDE_SUGGESTION:
            if action.has_left:
                return str(gettext("Decide whether %(person)s has left", person=person))
            return str(gettext("Decide about %(person)s", person=action.named or person))
        case ActionKind.FILL_SEAT:
            return str(
                ngettext(
                    "Ask %(person)s for the missing %(persona)s",
                    "Ask %(person)s for %(num)s people: %(persona)s",
                    action.missing,
                    person=person,
                    persona=persona,
                )
            )
        case ActionKind.FIND_FIRST:
            return str(gettext("Find a first person to talk to"))
        case ActionKind.CONFIRM_PERSON:
            return str(gettext("Confirm %(person)s", person=person))
        case ActionKind.LAUNCH_WAVE:
            return str(gettext("Launch “%(wave)s”", wave=action.named))
        case ActionKind.START_WAVE:
            return str(gettext("Start the next wave"))
        case ActionKind.ASSESS:
            return str(gettext("Write down how the account stands"))


def reason_of(action: Action) -> str:
    """Return why an action matters: "detractor (3), decision maker, renewal in 41 days"."""
    return join_clauses([*_own_reasons(action), renewal_words(action.days_to_renewal)])


def _own_reasons(action: Action) -> list[str]:
    decides = str(gettext("decision maker")) if action.is_decision_maker else ""
    match action.kind:
        case ActionKind.CALL_DETRACTOR:
            return [str(gettext("detractor (%(rating)s)", rating=action.rating)), decides]
        case ActionKind.REACH_SILENT:
            waves = ngettext("silent in %(num)s wave", "silent in %(num)s waves", action.silent_waves)
            return [decides or action.persona.lower(), str(waves)]
        case ActionKind.DECIDE_SUGGESTION:
            if action.has_left:
                return [str(gettext("said to be gone")), decides]
            if not action.named:
                return [str(gettext("something about them is said to have changed")), decides]
            if not action.person:
                return [str(gettext("named as a new person")), decides]
            return [str(gettext("named by %(person)s as the right person", person=action.person)), decides]
        case ActionKind.FILL_SEAT:
            if action.missing == 1:
                return [str(gettext("nobody is known in that seat"))]
            return [str(gettext("%(num)s seats are empty", num=action.missing))]
        case ActionKind.FIND_FIRST:
            return [str(gettext("nobody there is known yet"))]
        case ActionKind.CONFIRM_PERSON:
            return [decides or action.persona.lower(), str(gettext("not confirmed lately"))]
        case ActionKind.LAUNCH_WAVE:
            return [str(ngettext("%(num)s account chosen", "%(num)s accounts chosen", action.missing))]
        case ActionKind.START_WAVE:
            if action.days is None:
                return [str(gettext("nobody has been asked yet"))]
            return [str(gettext("the last one went out %(num)s days ago", num=action.days))]
        case ActionKind.ASSESS:
            if action.days is None:
                return [str(gettext("not assessed yet"))]
            return [str(ngettext("assessed %(num)s day ago", "assessed %(num)s days ago", action.days))]


def button_of(action: Action) -> str:
    """Return what the button of an action says."""
    match action.kind:
        case ActionKind.CALL_DETRACTOR:
            return str(gettext("Read the answer"))
        case ActionKind.REACH_SILENT | ActionKind.CONFIRM_PERSON:
            return str(gettext("Open the person"))
        case ActionKind.DECIDE_SUGGESTION:
            return str(gettext("Decide"))
        case ActionKind.FILL_SEAT:
            return str(gettext("Ask by mail"))
        case ActionKind.FIND_FIRST:
            return str(gettext("See the gap"))
        case ActionKind.LAUNCH_WAVE:
            return str(gettext("Open the wave"))
        case ActionKind.START_WAVE:
            return str(gettext("Start a wave"))
        case ActionKind.ASSESS:
            return str(gettext("Assess"))


def owners_line(rows: Sequence[OwnerRow]) -> str:
    """Return how many accounts the CSMs look after, and how many of them are at risk."""
    accounts = sum(row.accounts for row in rows)
    at_risk = sum(row.statuses.get(Status.RED, 0) for row in rows)
    owners = sum(row.owner_id is not None for row in rows)
    clauses = [
        ngettext("%(count)s account", "%(count)s accounts", accounts, count=decimal(accounts)),
        ngettext("%(num)s CSM", "%(num)s CSMs", owners),
        gettext("%(num)s at risk", num=decimal(at_risk)) if at_risk else gettext("none at risk"),
    ]
    return as_sentence(join_clauses([str(clause) for clause in clauses]))
