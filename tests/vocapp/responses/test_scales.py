"""Ratings on different scales: a 5 is the best of satisfaction, and nobody's reason to call."""

from datetime import timedelta

import pytest

from surveys.questions import QuestionKind
from tests.builders import (
    NOW,
    a_contact,
    a_response,
    a_survey_version,
    a_user,
    a_wave,
    an_account,
    an_invitation,
)
from tests.conftest import CheckingClient
from tests.vocapp.reports.builders import account_snapshot
from vocapp.accounts.models import Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.portfolio.phrases import reason_of
from vocapp.portfolio.pressing import candidates
from vocapp.portfolio.queries import Filters
from vocapp.portfolio.rules import ActionKind
from vocapp.responses.listing import ResponseFilter, class_counts, listed_responses
from vocapp.responses.models import Response
from vocapp.responses.scales import kinds_of_waves
from vocapp.sync.fields import Entity
from vocapp.sync.projection import project
from vocapp.timeline.queries import wave_runs

pytestmark = pytest.mark.usefixtures("app")


def answered(person: Contact, survey: str, rating: int, **values: object) -> Response:
    wave = a_wave(survey_version_id=a_survey_version(survey).id, name=f"About {survey}")
    return a_response(an_invitation(wave, person), rating=rating, may_contact=True, **values)


def test_ratings_are_listed_in_the_class_of_their_own_scale(client: CheckingClient) -> None:
    leader, person = a_user(RoleName.LEADER), a_contact()
    answered(person, "csat-onboarding", 5)
    answered(person, "ces-case", 2)
    answered(person, "nps", 5)
    client.sign_in(leader)

    page = client.get("/responses").text
    listed = client.get("/responses?class=detractor").text

    assert '5<span class="visually-hidden"> satisfied</span>' in page
    assert '2<span class="visually-hidden"> hard</span>' in page
    assert "3 answers: 0 promoters, 0 passives, 1 detractor" in page
    assert (listed.count("About nps"), listed.count("About csat-onboarding</bdi>")) == (2, 0)


def test_classes_are_counted_among_ratings_of_nps_alone() -> None:
    person, leader = a_contact(), a_user(RoleName.LEADER)
    for survey, rating in (("csat-onboarding", 5), ("ces-case", 7), ("nps", 9)):
        answered(person, survey, rating)

    assert class_counts(leader, ResponseFilter()) == {"promoter": 1, "passive": 0, "detractor": 0}
    passives = listed_responses(leader, ResponseFilter(rating_class="passive"))
    assert db.session.scalars(passives).all() == []


def test_nobody_is_called_about_the_best_answer_of_another_scale(client: CheckingClient) -> None:
    csm = a_user(RoleName.CSM)
    account = an_account(owner_id=csm.id)
    happy, unhappy = (
        a_contact(account=account, first_name="Happy"),
        a_contact(account=account, first_name="Bea"),
    )
    now = utcnow()
    answered(happy, "csat-onboarding", 5, answered_at=now, changed_at=now)
    answered(unhappy, "csat-onboarding", 2, answered_at=now, changed_at=now)

    calls = [one for one in candidates(csm, Filters(), {}, now=now) if one.kind is ActionKind.CALL_DETRACTOR]

    assert [(one.contact_id, one.rating) for one in calls] == [(unhappy.id, 2)]
    with client.application.test_request_context():
        assert "unhappy (2 of 5)" in reason_of(calls[0])


def test_a_good_word_about_a_case_settles_no_low_nps() -> None:
    csm = a_user(RoleName.CSM)
    person, now = a_contact(account=an_account(owner_id=csm.id)), utcnow()
    answered(person, "nps", 3, answered_at=now - timedelta(days=2), changed_at=now)
    answered(person, "ces-case", 7, answered_at=now - timedelta(days=1), changed_at=now)

    actions = candidates(csm, Filters(), {}, now=now)
    assert [one.rating for one in actions if one.kind is ActionKind.CALL_DETRACTOR] == [3]


def test_a_wave_that_asked_for_satisfaction_has_no_nps() -> None:
    person = a_contact()
    wave_id = answered(person, "csat-onboarding", 5).wave_id

    (run,) = wave_runs(person.account_id, most=5)

    assert kinds_of_waves([wave_id]) == {wave_id: QuestionKind.CSAT}
    assert (run.is_nps, run.nps, run.answered) == (False, None, 1)


def test_no_other_tool_is_told_satisfaction_as_nps() -> None:
    person = a_contact()
    answered(person, "nps", 9, answered_at=NOW - timedelta(days=1))
    said = answered(person, "csat-onboarding", 2, answered_at=NOW)

    (told,) = project(Entity.CONTACT, [person.id], prefix="here").values()
    (answer,) = project(Entity.RESPONSE, [said.id], prefix="here").values()

    assert told.values["last_nps"] == 9
    assert (answer.values["nps"], answer.values["csat"]) == (None, 2)


def test_a_report_quotes_nobody_out_of_ten_who_was_asked_out_of_five() -> None:
    person, now = a_contact(), utcnow()
    answered(person, "csat-onboarding", 5, answered_at=now, comment="Smooth.")
    answered(person, "nps", 9, answered_at=now, comment="Fine.")

    facts = account_snapshot(person.account_id, now=now)

    assert [(quote["text"], quote["rating"]) for quote in facts["quotes"]] == [("Fine.", 9)]
