"""Scores from plain facts: priors, words, and worlds at the edge."""

import json
from collections import Counter

import pytest

from surveys.measure import Measure, MeasureState, not_measured
from surveys.rates import Disposition, Participation, turnout
from surveys.scoring import NpsCounts
from surveys.shrinkage import Confidence
from surveys.status import Status
from vocapp.engagement.rules import Voice
from vocapp.relationship.rules import (
    EVERYBODY,
    Facts,
    Prior,
    Sample,
    cohort_priors,
    is_same_score,
    prior_for,
    sample_of,
    score_accounts,
    tier_cohort,
)

COMPLETE, SILENT = Disposition.COMPLETE, Disposition.SILENT

# Eight accounts whose shrunk NPS and its standard deviation are known (docs/method.md §3).
EIGHT = {
    (1, 0, 0): (0.3513513513513513, 0.3207004751176503),
    (2, 1, 0): (0.39382239382239387, 0.2541452817628804),
    (0, 1, 3): (-0.2804054054054054, 0.26545781134930485),
    (5, 3, 2): (0.26833976833976836, 0.20347710137794417),
    (4, 0, 0): (0.5945945945945946, 0.23197104846096814),
    (1, 3, 1): (0.08408408408408408, 0.2270357657564691),
    (0, 0, 2): (-0.2072072072072072, 0.32532378532014034),
    (3, 4, 1): (0.22972972972972971, 0.19724697713133924),
}


def measured(value: float, seats: int = 10) -> Measure:
    return Measure(value, seats, None, None, MeasureState.MEASURED, "2 of 10 seats are not filled")


def ratings(promoters: int, passives: int = 0, detractors: int = 0) -> list[int]:
    return [10] * promoters + [8] * passives + [3] * detractors


def some_facts(number: int = 1, given: list[int] | None = None, participations=None, **values) -> Facts:
    given = given or []
    if participations is None:
        participations = [Participation(COMPLETE)] * len(given)
    defaults = {
        "account_id": number,
        "key": f"A-{number}",
        "tier_id": None,
        "footprint": measured(0.6),
        "ratings": given,
        "weights": [1.0] * len(given),
        "turnout": turnout(participations),
        "outcomes": Counter(one.disposition for one in participations),
        "voices": {Voice.ANSWERED: len(given)},
    }
    return Facts(**{**defaults, **values})


def score_of(facts: Facts, priors=None):
    (found,) = score_accounts([facts], priors or {})
    return found


def test_eight_small_accounts_are_pulled_towards_their_common_mix():
    world = [some_facts(number, ratings(*counts)) for number, counts in enumerate(EIGHT, start=1)]
    priors = cohort_priors([sample_of(one) for one in world])
    assert priors[EVERYBODY].counts == NpsCounts(16, 12, 9)
    for score, (mean, sd) in zip(score_accounts(world, priors), EIGHT.values(), strict=True):
        assert score.measures["nps_shrunk"]["value"] == pytest.approx(mean, abs=1e-6)
        assert score.measures["nps_shrunk"]["sd"] == pytest.approx(sd, abs=1e-6)
        assert score.sentiment == pytest.approx((mean + 1) / 2, abs=1e-6)


def test_the_persona_weighted_nps_stands_beside_the_plain_one():
    found = score_of(some_facts(1, [10, 9, 7, 6, 8], weights=[3.0, 2.0, 1.0, 1.0, 1.0]))
    assert found.nps == pytest.approx(0.2)
    assert found.measures["nps_weighted"]["value"] == pytest.approx(0.5)
    assert found.measures["nps_weighted"]["n_eff"] == pytest.approx(4.0)


def test_five_promoters_are_one_hundred_with_an_open_interval():
    found = score_of(some_facts(1, ratings(5)))
    assert found.nps == 1.0
    assert found.measures["nps"]["ci"] == pytest.approx([0.131035, 1.0], abs=1e-6)
    low, high = found.measures["sentiment"]["ci"]
    assert low < found.sentiment < high


def test_one_answer_is_provisional_and_says_that_it_is_a_hint():
    found = score_of(some_facts(1, [9]))
    assert found.measures["nps"]["state"] == "provisional"
    assert found.measures["nps"]["reason"] == "one answer: treat as a hint"
    assert found.measures["strength"]["state"] == "provisional"
    assert found.confidence is Confidence.LOW


def test_strength_without_answers_is_provisional_between_its_bounds():
    asked = [Participation(COMPLETE, 1.0), Participation(SILENT, 1.0)]
    found = score_of(some_facts(participations=asked, voices={Voice.SILENT: 1, Voice.DECLINED: 1}))
    assert found.strength == pytest.approx(54.1, abs=0.05)
    assert found.measures["strength"]["ci"] == pytest.approx([26.5, 65.0], abs=0.05)
    assert found.measures["strength"]["state"] == "provisional"


def test_points_lost_and_strength_add_up_to_a_hundred():
    found = score_of(some_facts(1, ratings(3, 2, 1)))
    assert sum(found.measures["points_lost"].values()) + found.strength == pytest.approx(100, abs=1e-4)


def test_without_a_tier_rule_there_is_no_strength():
    found = score_of(some_facts(1, ratings(5), footprint=not_measured("no tier rule")))
    assert (found.footprint, found.strength, found.status) == (None, None, Status.GREY)
    assert found.measures["points_lost"] is None
    assert found.measures["strength"]["reason"] == "no tier rule says who should be known"


def test_nothing_known_is_grey_and_not_zero():
    found = score_of(some_facts(footprint=measured(0.0), voices={}))
    assert (found.engagement, found.sentiment, found.nps, found.strength) == (None, None, None, None)
    assert (found.status, found.confidence) == (Status.GREY, Confidence.NONE)


def test_an_absent_decision_maker_caps_confidence_at_medium():
    crowd = ratings(40, 30, 10)
    without = score_of(some_facts(1, crowd))
    heard = score_of(some_facts(1, crowd, is_decision_maker_heard=True))
    assert (without.confidence, heard.confidence) == (Confidence.MEDIUM, Confidence.HIGH)


def test_a_decision_maker_silent_in_two_waves_is_red_whatever_the_strength():
    strong = some_facts(1, ratings(40), footprint=measured(1.0), decision_maker_silent_waves=2)
    assert score_of(strong).status is Status.RED
    assert score_of(strong).measures["status_reason"] == "the decision maker was silent in 2 waves in a row"


def test_a_decision_maker_silent_in_one_wave_is_not_red_for_that():
    strong = some_facts(1, ratings(40), footprint=measured(1.0), decision_maker_silent_waves=1)
    assert score_of(strong).status is Status.GREEN


def test_a_green_account_stays_green_where_another_would_not_become_it():
    edge = {
        "footprint": measured(0.85),
        "participations": [Participation(COMPLETE)] * 12 + [Participation(SILENT)] * 7,
    }
    fresh = score_of(some_facts(1, ratings(25, 8), **edge))
    kept = score_of(some_facts(1, ratings(25, 8), **edge, previous=Status.GREEN))
    assert (fresh.status, kept.status) == (Status.AMBER, Status.GREEN)


def test_a_score_is_the_same_alone_and_among_others():
    world = [some_facts(number, ratings(*counts)) for number, counts in enumerate(EIGHT, start=1)]
    priors = cohort_priors([sample_of(one) for one in world])
    together = score_accounts(world, priors)
    assert together == [score_of(one, priors) for one in world]


def test_no_accounts_have_no_scores():
    assert score_accounts([], {}) == []


def test_everybody_at_ten_leaves_intervals_open():
    world = [some_facts(number, ratings(5)) for number in range(1, 41)]
    priors = cohort_priors([sample_of(one) for one in world])
    for score in score_accounts(world, priors):
        low, high = score.measures["sentiment"]["ci"]
        assert low < high
        assert score.measures["nps_shrunk"]["sd"] > 0
        assert 0 < score.measures["engagement_shrunk"]["value"] < 1


def test_everybody_silent_is_engagement_zero_with_an_open_interval():
    world = [
        some_facts(number, participations=[Participation(SILENT)] * 5, voices={Voice.SILENT: 5})
        for number in range(1, 13)
    ]
    priors = cohort_priors([sample_of(one) for one in world])
    for score in score_accounts(world, priors):
        low, high = score.measures["engagement"]["ci"]
        assert (score.engagement, low) == (0.0, 0.0)
        assert high > 0
        assert score.measures["reason"].startswith("All five silent")
        assert score.strength < 40


def test_a_lone_account_is_not_pulled_towards_itself():
    priors = cohort_priors([sample_of(some_facts(1, ratings(1)))])
    assert not priors[EVERYBODY].has_mix
    assert priors[EVERYBODY].engagement_mean is None
    assert score_of(some_facts(1, ratings(1)), priors).measures["nps_shrunk"]["value"] == pytest.approx(0.2)


def test_no_accounts_give_a_neutral_prior():
    assert cohort_priors([]) == {EVERYBODY: Prior(EVERYBODY, 0, NpsCounts(0, 0, 0))}


def test_a_tier_has_its_own_prior_from_ten_accounts_with_data():
    nine = [Sample(1, NpsCounts(1, 0, 0), 0.5)] * 9 + [Sample(1, NpsCounts(0, 0, 0), None)]
    assert set(cohort_priors(nine)) == {EVERYBODY}
    assert set(cohort_priors([*nine, Sample(1, NpsCounts(0, 0, 1), 0.5)])) == {EVERYBODY, tier_cohort(1)}


def test_an_account_of_a_small_tier_is_measured_against_everybody():
    priors = cohort_priors([Sample(1, NpsCounts(1, 1, 1), 0.5)] * 12 + [Sample(2, NpsCounts(1, 0, 0), 0.9)])
    assert prior_for(1, priors).cohort == tier_cohort(1)
    assert prior_for(2, priors).cohort == EVERYBODY
    assert prior_for(None, priors).cohort == EVERYBODY
    assert prior_for(None, {}).cohort == EVERYBODY


def test_kappa_is_estimated_from_thirty_accounts_with_two_answers():
    differing = [Sample(None, NpsCounts(2 * (n % 2), 0, 2 * (1 - n % 2)), 0.5) for n in range(30)]
    assert cohort_priors(differing[:29])[EVERYBODY].kappa == 4.0
    assert cohort_priors(differing)[EVERYBODY].kappa == 2.0


def test_a_silent_majority_is_the_first_thing_said():
    asked = [Participation(SILENT, 3.0), Participation(SILENT), Participation(SILENT)]
    found = score_of(
        some_facts(
            1,
            ratings(1, 1),
            participations=[*asked, Participation(COMPLETE), Participation(COMPLETE)],
            voices={Voice.SILENT: 3, Voice.ANSWERED: 2},
            is_decision_maker_silent=True,
        )
    )
    assert found.measures["reason"].startswith("Three of five silent, decision maker among them")


@pytest.mark.parametrize(
    ("voices", "sentence"),
    [
        ({}, "Nobody is known who can be asked"),
        ({Voice.NEVER_ASKED: 3}, "Nobody has been asked yet"),
        ({Voice.WAITING: 4, Voice.NEVER_ASKED: 1}, "Four asked, no answer yet"),
        ({Voice.NOT_REACHED: 2}, "No mail has reached anybody"),
        ({Voice.SILENT: 1}, "The one person asked is silent"),
        ({Voice.SILENT: 14, Voice.ANSWERED: 1}, "14 of 15 silent"),
        ({Voice.SILENT: 2, Voice.ANSWERED: 1}, "Two of three silent"),
        ({Voice.SILENT: 2}, "Both silent"),
        ({Voice.ANSWERED: 2}, "Both answered"),
        ({Voice.ANSWERED: 2, Voice.DECLINED: 1}, "All three replied"),
        ({Voice.DECLINED: 1}, "The one person asked replied"),
        ({Voice.ANSWERED: 1, Voice.WAITING: 4}, "One of five answered so far"),
        ({Voice.ANSWERED: 2, Voice.DECLINED: 1, Voice.WAITING: 1}, "Three of four replied so far"),
        ({Voice.SILENT: 1, Voice.WAITING: 2}, "One of three silent"),
        ({Voice.SILENT: 2, Voice.ANSWERED: 1, Voice.WAITING: 2}, "Two of five silent"),
    ],
)
def test_never_asked_waiting_and_silent_are_said_differently(voices, sentence):
    found = score_of(some_facts(footprint=not_measured("no rule"), voices=voices))
    assert found.measures["reason"] == f"{sentence}."


@pytest.mark.parametrize(
    ("counts", "clause"),
    [
        ((1, 0, 0), "the only answer is from a promoter"),
        ((0, 1, 0), "the only answer is from a passive"),
        ((0, 0, 1), "the only answer is from a detractor"),
        ((2, 0, 1), "one of three answers is from a detractor"),
        ((0, 0, 2), "both answers are from detractors"),
        ((0, 4, 0), "all four answers are from passives"),
        ((3, 2, 0), "three of five answers are from promoters"),
        ((4, 0, 0), "all four answers are from promoters"),
    ],
)
def test_answers_are_said_as_a_person_would(counts, clause):
    found = score_of(some_facts(1, ratings(*counts), footprint=not_measured("no rule"), voices={}))
    assert found.measures["reason"] == f"Nobody is known who can be asked; {clause}."


def test_the_silence_of_the_decision_maker_alone_is_named():
    found = score_of(
        some_facts(
            participations=[Participation(SILENT)],
            voices={Voice.SILENT: 1, Voice.ANSWERED: 2},
            is_decision_maker_silent=True,
        )
    )
    assert found.measures["reason"].startswith("One of three silent, the decision maker")


def test_detractors_come_first_when_sentiment_costs_most():
    found = score_of(some_facts(1, ratings(0, 1, 5), footprint=measured(1.0)))
    assert found.measures["reason"] == "Five of six answers are from detractors; all six answered."


def test_a_score_is_plain_json():
    found = score_of(some_facts(1, ratings(2, 1)))
    assert json.loads(json.dumps(found.measures)) == found.measures


def test_scores_differ_only_beyond_the_tolerance():
    before = {"strength": {"value": 60.0, "state": "measured"}, "engagement": {"value": 0.5, "n": 5}}
    near = {"strength": {"value": 60.1, "state": "measured"}, "engagement": {"value": 0.501, "n": 5}}
    assert is_same_score(before, before)
    assert not is_same_score(before, near)
    assert is_same_score(before, near, tolerance=0.002)
    assert not is_same_score(before, {**near, "engagement": {"value": 0.5, "n": 6}}, tolerance=0.002)
    assert not is_same_score(before, {"strength": before["strength"]}, tolerance=0.002)


def test_an_answer_that_is_too_old_to_count_was_an_answer_all_the_same():
    found = score_of(some_facts(participations=[Participation(COMPLETE)]))
    reasons = {found.measures[name]["reason"] for name in ("sentiment", "nps", "nps_shrunk", "nps_weighted")}
    assert reasons == {"nobody who is there now has rated us in the last 12 months"}


def test_without_any_answer_nobody_has_answered_yet():
    found = score_of(some_facts(participations=[Participation(SILENT)]))
    assert found.measures["nps"]["reason"] == "nobody has answered yet"
