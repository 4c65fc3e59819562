"""What a people map says, in the reader's language."""

from flask_babel import gettext, ngettext

from vocapp.core.formats import ago
from vocapp.people.queries import PersonCard
from vocapp.people.rules import Attitude, Reading


def reading_line(reading: Reading) -> str:
    """Return what the people of an account come to, in at most two sentences."""
    if not reading.known:
        return str(gettext("Nobody is known here yet."))
    return " ".join(filter(None, (_stances(reading), _decision(reading))))


def _stances(reading: Reading) -> str:
    known = ngettext("One person is known", "%(num)s people are known", reading.known)
    parts = [
        ngettext("%(num)s promoter", "%(num)s promoters", reading.promoters) if reading.promoters else "",
        ngettext("%(num)s detractor", "%(num)s detractors", reading.detractors) if reading.detractors else "",
        ngettext("%(num)s not heard from in a year", "%(num)s not heard from in a year", reading.quiet)
        if reading.quiet
        else "",
        ngettext("%(num)s in doubt", "%(num)s in doubt", reading.doubtful) if reading.doubtful else "",
    ]
    told = ", ".join(str(part) for part in parts if part)
    return f"{known}: {told}." if told else f"{known}."


def _decision(reading: Reading) -> str:
    if not reading.decides:
        return str(gettext("No decision maker is known."))
    if reading.loudest:
        return str(gettext("%(name)s, who counts in the decision, is a detractor.", name=reading.loudest))
    if reading.deciders:
        return str(gettext("Nobody we know reports to %(name)s, who decides.", name=reading.deciders[0]))
    return ""


def attitude_word(attitude: Attitude) -> str:
    """Return what somebody said about us, in a word or two."""
    match attitude:
        case Attitude.PROMOTER:
            word = gettext("promoter")
        case Attitude.PASSIVE:
            word = gettext("passive")
        case Attitude.DETRACTOR:
            word = gettext("detractor")
        case Attitude.HEARD:
            word = gettext("answered")
        case Attitude.DECLINED:
            word = gettext("preferred not to answer")
        case Attitude.SILENT:
            word = gettext("silent")
        case Attitude.WAITING:
            word = gettext("no answer yet")
        case Attitude.NOT_REACHED:
            word = gettext("not reached")
        case Attitude.PAST:
            word = gettext("no recent answer")
        case Attitude.NEVER_ASKED:
            word = gettext("never asked")
        case Attitude.OPTED_OUT:
            word = gettext("opted out of surveys")
    return str(word)


def stance_line(card: PersonCard) -> str:
    """Return what somebody said and when, or that they left."""
    if not card.is_here:
        return str(gettext("has left"))
    if card.attitude is Attitude.SILENT and card.silent_streak > 1:
        return str(gettext("silent in %(num)s waves", num=card.silent_streak))
    word = attitude_word(card.attitude)
    return f"{word} · {ago(card.attitude_at)}" if card.attitude_at else word


def influence_word(influence: str) -> str:
    """Return how much somebody's word counts; nothing where it is not known."""
    words = {
        "low": gettext("low influence"),
        "medium": gettext("medium influence"),
        "high": gettext("high influence"),
    }
    return str(words.get(influence, ""))


def card_label(card: PersonCard, boss: str) -> str:
    """Return everything a card shows, for those who hear it."""
    own = card.own_view.level if card.own_view else None
    parts = [
        card.name,
        card.title,
        ", ".join(card.persona_names),
        stance_line(card),
        gettext("our own view %(level)s of 5", level=own) if own is not None else "",
        influence_word(card.influence),
        gettext("reports to %(name)s", name=boss) if boss else "",
        "" if card.is_fresh or not card.is_here else gettext("in doubt"),
    ]
    return "; ".join(str(part) for part in parts if part)
