"""Who is left out because they or their account were asked enough, and how administrators say so."""

from datetime import timedelta

import pytest

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_survey_version,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.campaigns.pages import page, send
from tests.vocapp.triggers.builders import a_transactional_survey
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.asked import budget_in_force, pace_of
from vocapp.campaigns.audience import Person, audience, judge_people
from vocapp.campaigns.budgeting import change_budget, change_pace
from vocapp.campaigns.fatigue import Budget, Pace
from vocapp.campaigns.models import FatigueRules, SurveyPace
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.models import Survey

pytestmark = pytest.mark.usefixtures("app")


def rules(**values: object) -> None:
    """Another budget than the default."""
    budget = Budget(**values)
    save(FatigueRules(**{name: getattr(budget, name) for name in Budget.__dataclass_fields__}))


def asked_before(
    contact: Contact, *, days: int, key: str = "nps", state: str = InvitationState.SILENT
) -> None:
    """An invitation to a survey that ended so many days ago."""
    version = a_survey_version() if key == "nps" else a_transactional_survey(key)
    at = NOW - timedelta(days=days)
    wave = a_wave(survey_version_id=version.id, state=WaveState.CLOSED)
    an_invitation(wave, contact, state=InvitationState.SILENT, sent_at=at, created_at=at, reminders_sent=2)


def only_person(account: Account, **values: object) -> Person:
    owner = db.session.get(User, account.owner_id) if account.owner_id else None
    (person,) = audience(a_draft(account, owner=owner, **values), now=NOW).people
    return person


def test_a_survey_with_a_rest_of_its_own_waits_longer_than_others() -> None:
    account = an_account()
    contact = a_contact(account)
    asked_before(contact, days=100)
    save(SurveyPace(survey_id=a_survey_version().survey_id, rest_days=180, share=100))
    person = only_person(account)
    assert person.reason is ExclusionReason.SURVEY_REST
    assert person.until == NOW + timedelta(days=80)


def test_another_survey_is_not_held_up_by_it() -> None:
    account = an_account()
    contact = a_contact(account)
    asked_before(contact, days=40, key="ces-after")
    save(SurveyPace(survey_id=a_transactional_survey().survey_id, rest_days=180, share=100))
    assert only_person(account).reason is None
    (person,) = judge_people([contact.id], version=a_transactional_survey(), now=NOW)
    assert person.reason is ExclusionReason.SURVEY_REST


def test_who_got_enough_mails_is_asked_about_no_event_but_in_every_relationship_wave() -> None:
    rules(transactional_rest_days=1)
    account = an_account()
    contact = a_contact(account)
    for days in (50, 40, 30):
        asked_before(contact, days=days, key="ces-after")
    (person,) = judge_people([contact.id], version=a_transactional_survey(), now=NOW)
    assert person.reason is ExclusionReason.MAIL_BUDGET
    assert person.until == NOW + timedelta(days=10)
    assert only_person(account).reason is None


def test_of_an_account_only_so_many_are_asked_the_heaviest_first() -> None:
    rules(account_people=3)
    account, other = an_account(), an_account()
    asked_before(a_contact(account, status="left"), days=85)
    people = [a_contact(account, personas=(key,)) for key in ("champion", "decision_maker", "champion")]
    elsewhere = a_contact(other)
    judged = {
        person.contact_id: person.reason for person in audience(a_draft(account, other), now=NOW).people
    }
    assert judged[people[1].id] is None
    assert judged[people[0].id] is None
    assert judged[people[2].id] is ExclusionReason.ACCOUNT_BUDGET
    assert judged[elsewhere.id] is None


def test_an_event_asks_nobody_shortly_before_a_planned_relationship_wave() -> None:
    account = an_account()
    contact = a_contact(account)
    begins = NOW + timedelta(days=5)
    a_draft(account, state=WaveState.SCHEDULED, launch_at=begins)
    (person,) = judge_people([contact.id], version=a_transactional_survey(), now=NOW)
    assert (person.reason, person.until) == (ExclusionReason.WAVE_SOON, begins + timedelta(days=30))
    rules(quiet_days=0)
    (person,) = judge_people([contact.id], version=a_transactional_survey(), now=NOW)
    assert person.reason is None


def test_only_verified_people_are_asked_when_the_wave_says_so() -> None:
    account = an_account()
    a_contact(account, verified_on=NOW.date() - timedelta(days=91))
    assert only_person(account).reason is None
    assert only_person(account, is_for_verified=True).reason is ExclusionReason.NOT_VERIFIED


@pytest.mark.parametrize(("language", "is_asked"), [("de-CH", True), ("", True), ("xh", False)])
def test_only_people_whose_language_the_survey_speaks_are_asked_when_the_wave_says_so(
    language: str, is_asked: bool
) -> None:
    account = an_account()
    a_contact(account, language=language)
    assert only_person(account).reason is None
    reason = only_person(account, is_in_own_language=True).reason
    assert reason is (None if is_asked else ExclusionReason.NO_LANGUAGE)


def test_a_wave_that_closes_before_the_morning_asks_nobody_there() -> None:
    account = an_account()
    a_contact(account, time_zone="Pacific/Auckland")
    person = only_person(account, closes_at=NOW + timedelta(hours=3))
    assert person.reason is ExclusionReason.TOO_LATE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"relationship_rest_days": 0}, "between 1 and 730"),
        ({"tolerance_days": 90}, "forgive fewer"),
        ({"account_people": 0}, "Ask 1 to 10,000 people"),
        ({"person_mails": 5}, "lie between 6 and 200"),
        ({"person_days": 365}, "lie between 18 and 200"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_in_words(changes: dict[str, int], words: str) -> None:
    admin = a_user(RoleName.ADMIN)
    with pytest.raises(DomainError, match=words), transaction():
        change_budget(Budget(**changes), by=admin)
    assert budget_in_force() == Budget()


def test_a_share_of_nothing_is_refused() -> None:
    survey = db.session.get_one(Survey, a_survey_version().survey_id)
    admin = a_user(RoleName.ADMIN)
    with pytest.raises(DomainError, match="1 and at most 100"), transaction():
        change_pace(survey, Pace(share=0), by=admin)
    assert pace_of(survey.id) == Pace()


@pytest.fixture
def administrator(client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


def sent_fields(**changes: object) -> dict[str, object]:
    fields = {name: getattr(Budget(), name) for name in Budget.__dataclass_fields__}
    return {name: "" if value is None else value for name, value in {**fields, **changes}.items()}


def test_an_administrator_says_how_often_we_ask(administrator: CheckingClient) -> None:
    assert 'value="90"' in page(administrator, "/settings/how-often")
    send(administrator, "/settings/how-often", **sent_fields(relationship_rest_days=120, account_people=5))
    assert budget_in_force() == Budget(relationship_rest_days=120, account_people=5)
    send(administrator, "/settings/how-often", **sent_fields(relationship_rest_days=100))
    assert budget_in_force() == Budget(relationship_rest_days=100)


def test_what_makes_no_sense_is_told_at_the_form(administrator: CheckingClient) -> None:
    text = send(administrator, "/settings/how-often", 200, **sent_fields(person_mails=1))
    assert "lie between 6 and 200" in text
    assert budget_in_force() == Budget()
    assert "needs another look" in send(
        administrator, "/settings/how-often", 200, **sent_fields(person_days="x")
    )


def test_an_administrator_says_how_often_one_survey_asks(administrator: CheckingClient) -> None:
    survey_id = a_survey_version().survey_id
    assert "as all surveys" in page(administrator, "/settings/how-often")
    page(administrator, "/settings/how-often/nps")
    send(administrator, "/settings/how-often/nps", rest_days=180, share=50)
    assert pace_of(survey_id) == Pace(180, 50)
    assert "after 180 days" in page(administrator, "/settings/how-often")
    send(administrator, "/settings/how-often/nps", rest_days="", share=100)
    assert pace_of(survey_id) == Pace()
    page(administrator, "/settings/how-often/unknown", 404)
