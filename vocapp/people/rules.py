"""How a contact stands to us by what they said themselves, and what the people of an account come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vocapp.engagement.rules import Voice

PROMOTER_FROM = 9
DETRACTOR_TO = 6


class Attitude(StrEnum):
    """What a person said about us, or that they did not; never anybody's guess.

    `heard`: an answer without a rating; `past`: their last answer is too old to count; `opted_out`: they do
    not want to be asked, and no answer of theirs counts.
    """

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    HEARD = "heard"
    DECLINED = "declined"
    SILENT = "silent"
    WAITING = "waiting"
    NOT_REACHED = "not_reached"
    PAST = "past"
    NEVER_ASKED = "never_asked"
    OPTED_OUT = "opted_out"


# What somebody said, rather than that they said nothing.
SAID = frozenset({Attitude.PROMOTER, Attitude.PASSIVE, Attitude.DETRACTOR, Attitude.HEARD})


def attitude_of_rating(rating: int) -> Attitude:
    """Return the class of a 0-10 rating."""
    if rating >= PROMOTER_FROM:
        return Attitude.PROMOTER
    return Attitude.DETRACTOR if rating <= DETRACTOR_TO else Attitude.PASSIVE


def stated_attitude(
    voice: Voice, rating: int | None, *, has_answered: bool, has_opted_out: bool = False
) -> Attitude:
    """Return a person's attitude from the rating that counts, else from what became of asking them.

    `rating` is the one that counts in sentiment, `has_answered` whether any answer of theirs is known.
    """
    if rating is not None:
        return attitude_of_rating(rating)
    if has_opted_out and voice is not Voice.ANSWERED:
        return Attitude.OPTED_OUT
    if voice is Voice.ANSWERED:
        return Attitude.HEARD
    if voice is Voice.NEVER_ASKED or voice is Voice.NOT_REACHED:
        return Attitude.PAST if has_answered else Attitude(voice.value)
    return Attitude(voice.value)


@dataclass(frozen=True, slots=True)
class Stand:
    """One present person as the reading of a people map needs them."""

    contact_id: int
    name: str
    attitude: Attitude
    decides: bool
    is_influential: bool
    is_fresh: bool
    reports_to_id: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the people of an account come to: counts, and what stands out about those who decide.

    `deciders` names decision makers nobody of the known reports to; `loudest` is an influential detractor.
    """

    known: int
    promoters: int
    detractors: int
    quiet: int
    doubtful: int
    deciders: Sequence[str]
    decides: int
    loudest: str


def read_people(stands: Sequence[Stand]) -> Reading:
    """Return what the present people of an account come to."""
    bosses = {stand.reports_to_id for stand in stands}
    of_attitude = [stand.attitude for stand in stands]
    return Reading(
        known=len(stands),
        promoters=of_attitude.count(Attitude.PROMOTER),
        detractors=of_attitude.count(Attitude.DETRACTOR),
        quiet=sum(attitude not in SAID for attitude in of_attitude),
        doubtful=sum(not stand.is_fresh for stand in stands),
        deciders=[stand.name for stand in stands if stand.decides and stand.contact_id not in bosses],
        decides=sum(stand.decides for stand in stands),
        loudest=next(
            (
                stand.name
                for stand in stands
                if stand.attitude is Attitude.DETRACTOR and (stand.is_influential or stand.decides)
            ),
            "",
        ),
    )
