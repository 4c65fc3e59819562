"""Who answered and whether a change is real, as pure judgements."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.questions import QuestionKind
from surveys.rates import Disposition
from vocapp.results.rules import rating_result
from vocapp.results.turnout_rules import Asked, compare, steps_of, turnout_of

KINDS = st.sampled_from(list(Disposition))


def one(disposition: Disposition = Disposition.COMPLETE, rating: int | None = 9, **values: object) -> Asked:
    defaults = {"persona": "champion", "language": "en", "owner": "Ana", "day": 0, "mails": 1}
    return Asked(contact_id=1, disposition=disposition, rating=rating, **{**defaults, **values})


def silent(**values: object) -> Asked:
    return one(Disposition.SILENT, None, day=None, **values)


def seen(asked: Sequence[Asked], kind: QuestionKind = QuestionKind.NPS, *, is_confidential: bool = False):
    return turnout_of(asked, kind=kind, is_confidential=is_confidential)


def test_bounces_lower_the_rate_of_everybody_written_to_and_not_of_those_reached():
    found = seen([one(), silent(), one(Disposition.BOUNCED, None, day=None)])
    assert (found.rates.rr6.value, found.rates.rr1.value) == (1 / 2, 1 / 3)


def test_whoever_still_has_time_counts_nowhere():
    found = seen([one(), one(Disposition.PENDING, None, day=None)])
    assert (found.rates.rr6.value, found.pending) == (1.0, 1)


def test_while_a_wave_is_open_nobody_is_silent_and_no_share_is_told():
    asked = [one(), *(one(Disposition.PENDING, None, day=None) for _ in range(9))]
    found = turnout_of(asked, kind=QuestionKind.NPS, is_confidential=False, is_open=True)
    assert (found.personas, found.bias, found.early_late) == ([], None, None)
    assert [step.so_far for step in found.days] == [0.1]


def test_a_persona_that_answers_at_half_the_rate_is_named_as_missing():
    many = [one() for _ in range(8)] + [silent() for _ in range(2)]
    few = [one(persona="decision_maker")] + [silent(persona="decision_maker") for _ in range(9)]
    found = seen(many + few)
    assert found.bias is not None
    assert found.bias.under_represented == ("decision_maker",)
    assert [(group.name, group.answered) for group in found.personas] == [
        ("champion", 8),
        ("decision_maker", 1),
    ]


@pytest.mark.parametrize(("kind", "is_confidential"), [(QuestionKind.CSAT, False), (QuestionKind.NPS, True)])
def test_ratings_are_looked_at_for_nps_given_openly_and_for_nothing_else(kind, is_confidential):
    found = seen([one() for _ in range(30)], kind, is_confidential=is_confidential)
    assert (found.bias, found.early_late) == (None, None)
    assert found.rates.rr6.value == 1.0


def test_days_without_an_answer_stand_between_those_with_one():
    steps = steps_of([0, 0, 3], of=10)
    assert [(step.number, step.answers, step.so_far) for step in steps] == [
        (0, 2, 0.2),
        (1, 0, 0.2),
        (2, 0, 0.2),
        (3, 1, 0.3),
    ]


@given(st.lists(st.tuples(KINDS, st.none() | st.integers(0, 10), st.integers(0, 30), st.integers(1, 3))))
def test_any_wave_at_all_has_a_turnout_whose_parts_add_up(rows):
    asked = [
        one(kind, rating if day is not None else None, day=day, mails=mails)
        for kind, rating, days, mails in rows
        for day in [days if kind in {Disposition.COMPLETE, Disposition.PARTIAL} else None]
    ]
    found = seen(asked)
    answered = found.counts.complete + found.counts.partial
    assert sum(step.answers for step in found.days) == answered
    assert sum(step.answers for step in found.mails) == answered
    assert sum(group.asked for group in found.personas) == found.counts.known_eligible
    assert (found.rates.rr6.value is None) == (found.counts.known_eligible == 0)


def ratings(*numbers: int, kind: QuestionKind = QuestionKind.NPS):
    return rating_result(kind, numbers, is_custom=False)


def test_a_large_change_is_real_and_a_small_one_is_not():
    assert compare(ratings(*[3] * 40), ratings(*[9] * 40), [], is_confidential=False).is_real
    assert not compare(
        ratings(*[9] * 20, *[3] * 20), ratings(*[9] * 22, *[3] * 18), [], is_confidential=False
    ).is_real


def test_with_four_answers_on_a_side_nothing_is_claimed():
    found = compare(ratings(0, 0, 0, 0), ratings(*[10] * 50), [], is_confidential=False)
    assert (found.p_value, found.is_real) == (None, False)


def test_the_same_people_are_compared_one_by_one_when_there_are_five():
    pairs = [(3, 9)] * 5 + [(9, 9)]
    found = compare(ratings(*[3] * 6), ratings(*[9] * 6), pairs, is_confidential=False)
    assert (found.pairs, found.moved_up, found.moved_down, found.pair_p_value) == (6, 5, 0, 2 / 32)
    few = compare(ratings(*[3] * 6), ratings(*[9] * 6), pairs[:4], is_confidential=False)
    assert few.pair_p_value is None


def test_people_are_not_compared_one_by_one_in_confidence():
    found = compare(ratings(*[3] * 6), ratings(*[9] * 6), [(3, 9)] * 6, is_confidential=True)
    assert (found.pairs, found.pair_p_value) == (0, None)


def test_satisfaction_is_compared_as_a_share():
    kind = QuestionKind.CSAT
    found = compare(ratings(*[1] * 30, kind=kind), ratings(*[5] * 30, kind=kind), [], is_confidential=False)
    assert found.share is not None
    assert (found.share.difference, found.is_real) == (1.0, True)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(ratings(), ratings(9)), (ratings(9), ratings()), (ratings(9), ratings(5, kind=QuestionKind.CSAT))],
)
def test_nothing_is_compared_with_nothing_or_with_another_scale(earlier, later):
    found = compare(earlier, later, [], is_confidential=False)
    assert (found.nps, found.share, found.is_real) == (None, None, False)
