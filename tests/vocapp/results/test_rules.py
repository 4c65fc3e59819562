"""What answers come to: classes, scores by kind, counts per question, time."""

from typing import Any

import pytest

from surveys.bands import Band, band_of
from surveys.documents import parse_definition
from surveys.measure import MeasureState
from surveys.questions import Question, QuestionKind
from surveys.shrinkage import Confidence
from tests.vocapp.results.builders import a_document
from vocapp.results.rules import (
    GivenAnswer,
    ResultsFilter,
    rating_result,
    rating_results,
)
from vocapp.results.tallies import answered_by, comments_in, question_result, questions_of

QUESTIONS = parse_definition(a_document()).questions


def question(key: str) -> Question:
    return next(one for one in QUESTIONS if one.key == key)


def given(rating: int | None = 9, number: int = 1, version: int = 1, **answers: Any) -> GivenAnswer:
    kind = QuestionKind.NPS
    return GivenAnswer(
        number,
        number,
        number,
        version,
        kind,
        False,
        rating,
        answers,
        "en",
        is_complete=True,
        band=band_of(kind, rating),
    )


def asked(key: str, *answers: GivenAnswer) -> list[GivenAnswer]:
    return answered_by(question(key), answers, {1})


@pytest.mark.parametrize(
    ("kind", "rating", "band"),
    [
        (QuestionKind.NPS, 9, Band.GOOD),
        (QuestionKind.NPS, 7, Band.MIDDLE),
        (QuestionKind.NPS, 6, Band.BAD),
        (QuestionKind.CSAT, 4, Band.GOOD),
        (QuestionKind.CSAT, 3, Band.MIDDLE),
        (QuestionKind.CSAT, 2, Band.BAD),
        (QuestionKind.CES, 5, Band.GOOD),
        (QuestionKind.CES, 4, Band.MIDDLE),
        (QuestionKind.CES, 3, Band.BAD),
        (QuestionKind.NPS, None, None),
    ],
)
def test_a_rating_has_its_class_on_its_own_scale(
    kind: QuestionKind, rating: int | None, band: Band | None
) -> None:
    assert band_of(kind, rating) == band


def test_the_nps_carries_its_interval_and_every_point_of_the_scale() -> None:
    result = rating_result(QuestionKind.NPS, [9] * 15 + [8] * 13 + [3] * 8, is_custom=False)
    assert result.score.value == pytest.approx((15 - 8) / 36)
    assert result.score.ci == pytest.approx((-0.063, 0.422), abs=0.001)
    assert [point for point, _count in result.counts] == list(range(11))
    assert sum(count for _point, count in result.counts) == result.n == 36
    assert result.bands == {Band.GOOD: 15, Band.MIDDLE: 13, Band.BAD: 8}


def test_a_satisfaction_is_a_share_with_the_mean_beside_it() -> None:
    ratings = [5] * 9 + [4] * 10 + [3] * 6 + [2] * 3 + [1] * 2
    result = rating_result(QuestionKind.CSAT, ratings, is_custom=False)
    assert result.score.value == pytest.approx(0.633, abs=0.001)
    assert result.score.ci == pytest.approx((0.455, 0.781), abs=0.001)
    assert result.mean is not None
    assert result.mean.value == pytest.approx(3.70)


def test_scales_and_wordings_are_never_mixed() -> None:
    nps, csat = QuestionKind.NPS, QuestionKind.CSAT
    results = rating_results(
        [(nps, False, 9), (nps, True, 1), (csat, False, 5), (nps, False, 8), (nps, False, None)]
    )
    assert [(one.kind, one.is_custom, one.n) for one in results] == [
        (nps, False, 2),
        (csat, False, 1),
        (nps, True, 1),
    ]


def test_nobody_is_not_measured_and_one_is_a_hint() -> None:
    nobody = rating_result(QuestionKind.NPS, [], is_custom=False)
    assert nobody.score.state is MeasureState.NOT_MEASURED
    assert nobody.confidence is Confidence.NONE
    one = rating_result(QuestionKind.NPS, [10], is_custom=False)
    assert one.score.state is MeasureState.PROVISIONAL
    assert one.confidence is Confidence.LOW


def test_many_alike_answers_are_sure() -> None:
    assert rating_result(QuestionKind.NPS, [9] * 400, is_custom=False).confidence is Confidence.HIGH


def test_choices_are_counted_as_shares_of_those_who_answered_the_question() -> None:
    answers = asked(
        "what",
        given(9, 1, what=["price", "speed"]),
        given(2, 2, what=["price", "other"], **{"what.other": "the food"}),
        given(8, 3),
    )
    result = question_result(question("what"), answers)
    assert result.n == 2
    assert [(one.key, one.count, one.share.value) for one in result.choices] == [
        ("price", 2, 1.0),
        ("speed", 1, 0.5),
        ("other", 1, 0.5),
    ]
    assert result.choices[0].by_band == {Band.GOOD: 1, Band.MIDDLE: 0, Band.BAD: 1}
    assert result.choices[0].share.ci is not None


def test_a_choice_that_no_version_offers_any_more_is_still_counted() -> None:
    result = question_result(question("what"), asked("what", given(what=["gone"])))
    assert ("gone", 1) in [(one.key, one.count) for one in result.choices]


def test_matrix_rows_are_means_of_those_who_rated_them() -> None:
    answers = asked(
        "drivers", given(9, 1, drivers={"price": 2, "speed": 5}), given(3, 2, drivers={"price": 4})
    )
    result = question_result(question("drivers"), answers)
    assert [(row.key, row.mean.value, row.mean.n) for row in result.rows] == [
        ("price", 3.0, 2),
        ("speed", 5.0, 1),
    ]
    assert result.rows[0].by_band[Band.BAD].value == 4.0
    assert result.rows[0].by_band[Band.MIDDLE].value is None


def test_yes_no_and_ways_of_contact_are_counted() -> None:
    answers = [given(9, 1, again=True, reach="phone"), given(9, 2, again=False, reach="phone")]
    counts = question_result(question("again"), asked("again", *answers)).choices
    assert [(one.key, one.count) for one in counts] == [("yes", 1), ("no", 1)]
    counts = question_result(question("reach"), asked("reach", *answers)).choices
    assert [(one.key, one.count) for one in counts] == [("email", 0), ("phone", 2), ("no", 0)]


def test_what_was_written_is_a_comment_as_is_something_else() -> None:
    answers = [
        given(9, 1, why="Good"),
        given(9, 2, why=" "),
        given(9, 3, what=["other"], **{"what.other": "Food"}),
    ]
    comments = comments_in(answers, {1: QUESTIONS})
    assert [(one.question, one.text) for one in comments] == [("why", "Good"), ("what", "Food")]


def test_questions_of_several_versions_stand_once_with_every_choice_ever_offered() -> None:
    older = a_document()
    older["pages"][1]["questions"][0]["options"].append({"key": "gone", "texts": {"en": "Gone", "de": "Weg"}})
    merged = questions_of([QUESTIONS, parse_definition(older).questions])
    assert [one.key for one in merged] == [one.key for one in QUESTIONS]
    assert [one.key for one in next(one for one in merged if one.key == "what").options] == [
        "price",
        "speed",
        "gone",
    ]


def test_a_question_whose_kind_changed_is_two_questions() -> None:
    older = a_document()
    older["pages"][1]["questions"][2]["kind"] = "short_text"
    merged = questions_of([QUESTIONS, parse_definition(older).questions])
    assert [one.kind for one in merged if one.key == "again"] == [
        QuestionKind.YES_NO,
        QuestionKind.SHORT_TEXT,
    ]
    assert answered_by(question("again"), [given(again="yes", version=2)], {1}) == []


def test_a_filter_knows_whether_it_is_about_people_or_about_what_they_said() -> None:
    assert not ResultsFilter().is_set
    wanted = ResultsFilter(tier_id=1, band=Band.BAD, text="slow")
    assert wanted.is_set
    assert wanted.people == ResultsFilter(tier_id=1)


def test_the_interval_of_a_mean_ends_where_its_scale_does() -> None:
    found = rating_result(QuestionKind.CSAT, [1, 5, 5], is_custom=False)
    assert found.mean is not None
    assert found.mean.ci is not None
    assert 1 <= found.mean.ci[0] < found.mean.ci[1] <= 5
