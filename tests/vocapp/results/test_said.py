"""Answers that are alike come to what they come to one by one; comments are those that were read."""

import pytest
from flask import Flask

from surveys.questions import QuestionKind, other_key
from tests.builders import a_user, save
from tests.vocapp.results.builders import a_document, a_rich_wave, an_answer
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.models import SurveyVersion
from vocapp.responses.models import Response
from vocapp.results.details import answered_questions, details_of, given_answers
from vocapp.results.models import Theme
from vocapp.results.overview import asked_versions
from vocapp.results.queries import Scope
from vocapp.results.rules import ResultsFilter
from vocapp.results.said import alike_answers, answers_by_id
from vocapp.results.tallies import question_result

pytestmark = pytest.mark.usefixtures("app")

SAID = (
    {"what": ["price", "speed"], "drivers": {"price": 4, "speed": 1}, "again": True, "reach": "email"},
    {"what": ["price", "speed"], "drivers": {"price": 4, "speed": 1}, "again": True, "reach": "email"},
    {"what": ["other"], other_key("what"): "Colour", "drivers": {"price": 5}, "again": False},
    {"what": [], "reach": "no", "who": {"name": "Ann Lee", "email": "ann@else.example"}},
    {"why": "It is slow.", "again": False},
    {},
)


@pytest.fixture
def scope(app: Flask) -> Scope:
    wave = a_rich_wave()
    for place, said in enumerate(SAID):
        an_answer(wave, (10, 10, 7, 7, 3, 0)[place], said=said)
    return Scope(wave.survey_version.survey, wave, a_user(RoleName.LEADER))


def test_alike_answers_come_to_the_same_as_one_by_one(scope: Scope) -> None:
    asked = asked_versions(scope)
    single = given_answers(answers_by_id(db.session.scalars(db.select(Response.id)).all()), asked)

    alike = alike_answers(scope, ResultsFilter(), asked)

    assert sum(one.many for one in alike) == len(single) == len(SAID)
    assert len(alike) == len(SAID) - 1
    both = zip(answered_questions(alike, asked), answered_questions(single, asked), strict=True)
    for (question, together), (_question, apart) in both:
        assert question_result(question, together) == question_result(question, apart)


def test_a_key_that_changed_its_kind_is_counted_by_that_of_its_version(scope: Scope) -> None:
    second = a_document()
    for question in second["pages"][1]["questions"]:
        if question["key"] == "what":
            question.update(kind="text", has_other=False)
            del question["options"]
    version = save(SurveyVersion(survey_id=scope.survey.id, number=2, definition=second))
    an_answer(a_rich_wave(version), 9, said={"what": "Everything matters to Ann."})
    survey = Scope(scope.survey, None, scope.user)

    found = details_of(survey, ResultsFilter(), asked_versions(survey), page=1)

    by_kind = {one.question.kind: one for one in found.questions if one.question.key == "what"}
    assert (by_kind[QuestionKind.TEXT].n, by_kind[QuestionKind.MULTIPLE_CHOICE].n) == (1, 4)
    assert {one.key: one.count for one in by_kind[QuestionKind.MULTIPLE_CHOICE].choices}["price"] == 2
    assert "Ann" not in str(alike_answers(survey, ResultsFilter(), asked_versions(survey)))


def test_nobody_who_was_named_is_read_for_a_count(scope: Scope) -> None:
    alike = alike_answers(scope, ResultsFilter(), asked_versions(scope))
    assert "Ann" not in str(alike)
    assert "slow" not in str(alike)


def test_a_theme_nobody_uses_any_more_is_not_counted(scope: Scope) -> None:
    asked = asked_versions(scope)
    found = details_of(scope, ResultsFilter(), asked, page=1)
    assert found.commented == 2
    known = {theme.key for theme in found.theme_counts}
    assert known
    for place, key in enumerate(("another", *known)):
        document = {"names": {"en": key}, "words": {"en": ["zebra"]}}
        save(Theme(key=key, position=place, document=document, is_active=key == "another"))
    assert not details_of(scope, ResultsFilter(), asked, page=1).theme_counts
