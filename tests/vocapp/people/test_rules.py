"""What people said about us, and what the people of an account come to."""

import pytest

from vocapp.engagement.rules import Voice
from vocapp.people.rules import Attitude, Stand, read_people, stated_attitude


@pytest.mark.parametrize(
    ("rating", "attitude"),
    [(0, "detractor"), (6, "detractor"), (7, "passive"), (8, "passive"), (9, "promoter"), (10, "promoter")],
)
def test_a_rating_that_counts_is_the_attitude(rating: int, attitude: str) -> None:
    assert stated_attitude(Voice.SILENT, rating, has_answered=True) == attitude


@pytest.mark.parametrize(
    ("voice", "has_answered", "attitude"),
    [
        (Voice.ANSWERED, True, Attitude.HEARD),
        (Voice.SILENT, True, Attitude.SILENT),
        (Voice.SILENT, False, Attitude.SILENT),
        (Voice.DECLINED, False, Attitude.DECLINED),
        (Voice.WAITING, False, Attitude.WAITING),
        (Voice.NOT_REACHED, False, Attitude.NOT_REACHED),
        (Voice.NOT_REACHED, True, Attitude.PAST),
        (Voice.NEVER_ASKED, False, Attitude.NEVER_ASKED),
        (Voice.NEVER_ASKED, True, Attitude.PAST),
    ],
)
def test_without_a_rating_the_attitude_is_what_became_of_asking(
    voice: Voice, has_answered: bool, attitude: Attitude
) -> None:
    assert stated_attitude(voice, None, has_answered=has_answered) is attitude


def a_stand(number: int = 1, attitude: Attitude = Attitude.PROMOTER, **values: object) -> Stand:
    defaults = {"decides": False, "is_influential": False, "is_fresh": True, "reports_to_id": None}
    return Stand(number, f"P{number}", attitude, **{**defaults, **values})


def test_a_reading_counts_who_speaks_and_who_does_not() -> None:
    found = read_people(
        [a_stand(1), a_stand(2, Attitude.DETRACTOR), a_stand(3, Attitude.SILENT, is_fresh=False)]
    )
    assert (found.known, found.promoters, found.detractors, found.quiet, found.doubtful) == (3, 1, 1, 1, 1)


def test_a_decision_maker_nobody_reports_to_is_named() -> None:
    assert read_people([a_stand(1, decides=True), a_stand(2)]).deciders == ["P1"]


def test_a_decision_maker_with_reports_is_not() -> None:
    assert read_people([a_stand(1, decides=True), a_stand(2, reports_to_id=1)]).deciders == []


def test_an_influential_detractor_is_named() -> None:
    assert read_people([a_stand(1, Attitude.DETRACTOR, is_influential=True)]).loudest == "P1"


def test_a_detractor_without_influence_is_not() -> None:
    assert read_people([a_stand(1, Attitude.DETRACTOR)]).loudest == ""


def test_whoever_does_not_want_to_be_asked_was_not_never_asked() -> None:
    found = stated_attitude(Voice.NEVER_ASKED, None, has_answered=False, has_opted_out=True)
    assert found is Attitude.OPTED_OUT
