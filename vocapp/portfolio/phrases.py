"""Judgements as sentences in the reader's language."""

from collections.abc import Sequence
from datetime import date
from functools import reduce

from flask_babel import format_date, gettext, ngettext

from surveys.bands import SCALES_OF_KINDS
from surveys.questions import QuestionKind
from surveys.status import Status
from vocapp.core.formats import day, decimal
from vocapp.portfolio.queries import OwnerRow
from vocapp.portfolio.rules import SOON_CLOSING_DAYS, Action, ActionKind, DayAhead


def join_clauses(clauses: Sequence[str]) -> str:
    """Return clauses as one list with commas."""
    return reduce(
        lambda before, part: (
            str(gettext("%(before)s, %(part)s", before=before, part=part)) if before else part
        ),
        [clause for clause in clauses if clause],
        "",
    )


def as_sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a full stop."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def day_line(ahead: DayAhead) -> str:
    """Return a day in one line: "3 people to talk to today, 2 gaps to close, a wave closing Friday.".

    The longest also counts suggestions to decide.
    """
    clauses = [
        ngettext("%(num)s person to talk to today", "%(num)s people to talk to today", ahead.talks)
        if ahead.talks
        else "",
        ngettext("%(num)s gap to close", "%(num)s gaps to close", ahead.gaps) if ahead.gaps else "",
        ngettext("%(num)s suggestion to decide", "%(num)s suggestions to decide", ahead.suggestions)
        if ahead.suggestions
        else "",
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
    person = action.person
    match action.kind:
        case ActionKind.CALL_DETRACTOR:
            return str(gettext("Call %(person)s", person=person))
        case ActionKind.REACH_SILENT:
            return str(gettext("Reach out to %(person)s", person=person))
        case ActionKind.DECIDE_SUGGESTION:
            return _decision_title(action)
        case ActionKind.FILL_SEAT:
            return _seat_title(action)
        case ActionKind.FIND_CHAMPION:
            if action.former:
                return str(gettext("Name a new champion"))
            return str(gettext("Name a champion"))
        case ActionKind.FIND_SECOND:
            if not action.may_ask:
                return str(gettext("Find somebody else to talk to"))
            if not person:
                return str(gettext("Ask who else to listen to"))
            return str(gettext("Ask %(person)s who else to listen to", person=person))
        case ActionKind.HEAR_CHAMPION:
            return str(gettext("Speak to %(person)s", person=person))
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


def _decision_title(action: Action) -> str:
    if action.suggestions > 1:
        return str(
            gettext("%(num)s suggestions about %(account)s", num=action.suggestions, account=action.account)
        )
    if action.has_left:
        return str(gettext("Decide whether %(person)s has left", person=action.person))
    return str(gettext("Decide about %(person)s", person=action.named or action.person))


def _seat_title(action: Action) -> str:
    """Return whom to ask for whom; only a seat of which none is held is called missing."""
    words = {"person": action.person, "persona": action.persona.lower(), "num": action.missing}
    if action.missing > 1:
        return str(gettext("Ask %(person)s for %(num)s people: %(persona)s", **words))
    if action.wanted > 1:
        return str(gettext("Ask %(person)s for another %(persona)s", **words))
    return str(gettext("Ask %(person)s for the missing %(persona)s", **words))


def reason_of(action: Action) -> str:
    """Return why an action matters: "detractor (3), decision maker, renewal in 41 days"."""
    return join_clauses([*_own_reasons(action), renewal_words(action.days_to_renewal)])


def _unhappy(action: Action) -> str:
    if action.rating_kind == QuestionKind.NPS or action.rating is None:
        return str(gettext("detractor (%(rating)s)", rating=action.rating))
    highest = SCALES_OF_KINDS[QuestionKind(action.rating_kind)].highest
    return str(gettext("unhappy (%(rating)s of %(highest)s)", rating=action.rating, highest=highest))


def _own_reasons(action: Action) -> list[str]:
    decides = str(gettext("decision maker")) if action.is_decision_maker else ""
    match action.kind:
        case ActionKind.CALL_DETRACTOR:
            return [_unhappy(action), decides]
        case ActionKind.REACH_SILENT:
            waves = ngettext("silent in %(num)s wave", "silent in %(num)s waves", action.silent_waves)
            return [decides or action.persona.lower(), str(waves)]
        case ActionKind.DECIDE_SUGGESTION:
            return [*_told(action), decides]
        case ActionKind.FILL_SEAT:
            return [_seats_held(action), _voices(action)]
        case ActionKind.FIND_CHAMPION:
            if action.former:
                return [str(gettext("%(person)s was the champion and has left", person=action.former))]
            return [str(gettext("nobody is known as champion"))]
        case ActionKind.FIND_SECOND:
            return [_voices(action)]
        case ActionKind.HEAR_CHAMPION:
            return [
                str(gettext("asked for names on %(day)s", day=day(action.asked_on))),
                str(gettext("no answer yet")),
            ]
        case ActionKind.FIND_FIRST:
            return [str(gettext("nobody there is known yet"))]
        case ActionKind.CONFIRM_PERSON:
            gone = action.former and str(gettext("%(person)s has left", person=action.former))
            return [decides or action.persona.lower(), str(gettext("not confirmed lately")), gone]
        case ActionKind.LAUNCH_WAVE:
            return [str(ngettext("%(num)s account chosen", "%(num)s accounts chosen", action.accounts))]
        case ActionKind.START_WAVE:
            if action.days is None:
                return [str(gettext("nobody has been asked yet"))]
            return [str(gettext("the last one went out %(num)s days ago", num=action.days))]
        case ActionKind.ASSESS:
            if action.days is None:
                return [str(gettext("not assessed yet"))]
            return [str(ngettext("assessed %(num)s day ago", "assessed %(num)s days ago", action.days))]


def _told(action: Action) -> list[str]:
    """Return what suggestions say: of several how many of each kind, of one in words."""
    if action.suggestions > 1:
        counted = (
            ngettext("%(num)s new person", "%(num)s new people", action.newcomers),
            ngettext("%(num)s said to be gone", "%(num)s said to be gone", action.departures),
            ngettext("%(num)s to correct", "%(num)s to correct", action.corrections),
        )
        numbers = (action.newcomers, action.departures, action.corrections)
        return [str(words) for words, number in zip(counted, numbers, strict=True) if number]
    if action.has_left:
        return [str(gettext("said to be gone"))]
    if not action.named:
        return [str(gettext("something about them is said to have changed"))]
    if not action.person:
        return [str(gettext("named as a new person"))]
    return [str(gettext("named by %(person)s as the right person", person=action.person))]


def _seats_held(action: Action) -> str:
    """Return how many seats of a persona somebody is known for."""
    known = action.wanted - action.missing
    if known > 0:
        return str(gettext("%(known)s of %(wanted)s known", known=known, wanted=action.wanted))
    if action.missing == 1:
        return str(gettext("nobody is known in that seat"))
    return str(gettext("%(num)s seats are empty", num=action.missing))


def _voices(action: Action) -> str:
    """Return who is all that answers, where that is too few; else nothing."""
    if action.only_voice:
        return str(gettext("only %(person)s answers us", person=action.only_voice))
    if action.voices and action.kind is ActionKind.FIND_SECOND and action.persona:
        return str(
            gettext(
                "the %(num)s people who answer are all: %(persona)s",
                num=action.voices,
                persona=action.persona.lower(),
            )
        )
    if action.voices:
        return str(gettext("the %(num)s people who answer all play one part", num=action.voices))
    return ""


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
        case ActionKind.HEAR_CHAMPION:
            return str(gettext("See what was asked"))
        case ActionKind.FIND_FIRST | ActionKind.FIND_CHAMPION:
            return str(gettext("Name a person"))
        case ActionKind.FIND_SECOND:
            return str(gettext("Ask by mail") if action.may_ask else gettext("Name a person"))
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
