"""Answers given by phone: who writes them down, for whom, and what they never replace."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_response,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
    token_of,
)
from tests.conftest import CheckingClient
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.phone_rules import PhoneRefusal, called_at, judge_phone_answer
from vocapp.responses.rules import ResponseSource
from vocapp.sync.fields import Entity
from vocapp.sync.projection import project
from vocapp.workflows.response_received import response_received

LAUNCHED = utcnow().replace(microsecond=0) - timedelta(days=5)


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user(name="Clara Sommer")
    client.sign_in(user)
    return user


@pytest.fixture
def invitation(csm: User) -> Invitation:
    return invited(a_contact(an_account(owner_id=csm.id), last_name="Ruiz"))


def invited(contact: Contact, **values: Any) -> Invitation:
    wave = a_wave(launch_at=LAUNCHED, launched_at=LAUNCHED, closes_at=LAUNCHED + timedelta(days=21))
    return an_invitation(wave, contact, sent_at=LAUNCHED, delivered_at=LAUNCHED, **values)


def address_of(invitation: Invitation) -> str:
    return f"/invitations/{invitation.id}/phone"


def today() -> date:
    return utcnow().date()


def filled(rating: str = "8", **fields: str) -> dict[str, str]:
    return {"score": rating, "call:called_on": today().isoformat(), "call:seen": "0", **fields}


def open_question(invitation: Invitation) -> str:
    definition = definition_of(invitation.wave.survey_version)
    return next(question.key for question in definition.questions if question.kind == "text")


def the_answer() -> Response:
    db.session.expire_all()
    return db.session.scalars(select(Response)).one()


def test_what_somebody_said_by_phone_is_an_answer_marked_as_such(
    client: CheckingClient, csm: User, invitation: Invitation
) -> None:
    sent = client.post(address_of(invitation), data=filled("6"))

    answer = the_answer()
    assert sent.status_code == 302
    assert (answer.rating, answer.source, answer.entered_by_id) == (6, "phone", csm.id)
    assert answer.invitation.state == InvitationState.COMPLETED
    assert "response_received" in db.session.scalars(select(Job.kind)).all()
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "response_by_phone")).one()
    assert (act.actor_id, act.subject_id) == (csm.id, answer.id)
    # Nobody was on the answer page: the person's page says who wrote the answer down.
    response_received({"response_id": answer.id, "account_id": invitation.account_id})
    shown = client.get(f"/people/{invitation.contact_id}").get_data(as_text=True)
    assert f"answered a survey, entered by {csm.name or csm.email}" in shown


def test_the_page_shows_the_questions_in_the_words_of_the_person(client: CheckingClient, csm: User) -> None:
    contact = a_contact(an_account(owner_id=csm.id), language="de")
    invitation = invited(contact, language="de")

    page = client.get(address_of(invitation)).text

    rating = definition_of(invitation.wave.survey_version).rating_question
    assert rating.texts["de"].prompt.split("{{")[0] in page
    assert 'lang="de"' in page
    assert 'name="score"' in page


def test_the_comment_and_the_day_of_the_call_are_kept(client: CheckingClient, invitation: Invitation) -> None:
    called_on = (LAUNCHED + timedelta(days=2)).date()
    words = {open_question(invitation): "Said\r\nit works"}

    client.post(address_of(invitation), data=filled("3", **words) | {"call:called_on": called_on.isoformat()})

    answer = the_answer()
    assert answer.comment == "Said\r\nit works"
    assert answer.answered_at.date() == called_on


@pytest.mark.parametrize(("day", "reason"), [(-6, "launched after that day"), (1, "lies in the future")])
def test_a_call_lies_between_the_launch_and_today(
    client: CheckingClient, invitation: Invitation, day: int, reason: str
) -> None:
    called_on = today() + timedelta(days=day)

    page = client.post(address_of(invitation), data=filled("3") | {"call:called_on": called_on.isoformat()})

    assert page.status_code == 422
    assert reason in page.text
    assert db.session.scalars(select(Response)).all() == []


def test_without_a_rating_or_a_day_nothing_is_kept_and_nothing_typed_is_lost(
    client: CheckingClient, invitation: Invitation
) -> None:
    words = {open_question(invitation): "Said it works"}

    no_rating = client.post(address_of(invitation), data=filled("", **words))
    no_day = client.post(address_of(invitation), data=filled("3", **words) | {"call:called_on": ""})

    for page in (no_rating, no_day):
        assert page.status_code == 422
        assert "Said it works" in page.text
    assert db.session.scalars(select(Response)).all() == []


@pytest.mark.parametrize("rating", ["11", "-1", "7.5", "x", "٧"])
def test_a_rating_off_the_scale_is_refused(
    client: CheckingClient, invitation: Invitation, rating: str
) -> None:
    assert client.post(address_of(invitation), data=filled(rating)).status_code == 422
    assert db.session.scalars(select(Response)).all() == []


def test_it_can_be_corrected_and_the_earlier_words_stay(
    client: CheckingClient, csm: User, invitation: Invitation
) -> None:
    client.post(address_of(invitation), data=filled("6"))
    page = client.get(address_of(invitation)).text
    assert "Entered by Clara Sommer" in page

    client.post(address_of(invitation), data=filled("7") | {"call:seen": "1"})

    answer = the_answer()
    assert (answer.rating, answer.revision) == (7, 2)
    kept = db.session.scalars(select(ResponseRevision).order_by(ResponseRevision.number)).all()
    assert [(each.source, each.entered_by_id) for each in kept] == [("phone", csm.id)] * 2


def test_of_two_who_correct_at_once_the_second_is_told(
    client: CheckingClient, invitation: Invitation
) -> None:
    client.post(address_of(invitation), data=filled("6"))
    client.post(address_of(invitation), data=filled("7") | {"call:seen": "1"})

    page = client.post(address_of(invitation), data=filled("2") | {"call:seen": "1"})

    assert "Somebody else has changed this answer" in page.text
    assert the_answer().rating == 7


def test_an_answer_people_gave_themselves_is_never_replaced(
    client: CheckingClient, invitation: Invitation
) -> None:
    a_response(invitation, rating=9)

    page = client.post(address_of(invitation), data=filled("2"))

    assert "They have answered themselves" in page.text
    assert f"/people/{invitation.contact_id}/notes" in page.text
    assert (the_answer().rating, the_answer().source) == (9, "link")


def test_somebodys_own_later_answer_replaces_it(client: CheckingClient, invitation: Invitation) -> None:
    client.post(address_of(invitation), data=filled("6"))

    client.post(f"/s/{token_of(invitation)}", data={"score": "2", "seen": "1"})

    answer = the_answer()
    assert (answer.rating, answer.source, answer.entered_by_id) == (2, "link", None)
    kept = db.session.scalars(select(ResponseRevision).order_by(ResponseRevision.number)).all()
    assert [each.source for each in kept] == ["phone", "link"]


def test_whoever_sends_the_same_by_link_has_answered_themselves(
    client: CheckingClient, invitation: Invitation
) -> None:
    client.post(address_of(invitation), data=filled("6"))

    client.post(f"/s/{token_of(invitation)}", data={"score": "6", "seen": "1"})

    assert the_answer().source == "link"


def test_a_doubtful_form_stays_in_quarantine_beside_it(
    client: CheckingClient, invitation: Invitation
) -> None:
    a_response(invitation, rating=0, quarantine_reason="trap_field", revision=1)

    client.post(address_of(invitation), data=filled("6"))

    answer = the_answer()
    assert (answer.rating, answer.source, answer.quarantine_reason) == (6, "phone", None)


@pytest.mark.parametrize(
    "state", [InvitationState.PLANNED, InvitationState.BOUNCED, InvitationState.DECLINED]
)
def test_whom_no_mail_reached_can_still_be_called(
    client: CheckingClient, csm: User, state: InvitationState
) -> None:
    invitation = invited(a_contact(an_account(owner_id=csm.id)), state=state)

    client.post(address_of(invitation), data=filled("6"))

    assert the_answer().invitation.state == InvitationState.COMPLETED


def test_after_the_end_nothing_is_written_down(client: CheckingClient, invitation: Invitation) -> None:
    invitation.wave.state, invitation.wave.closed_at = WaveState.CLOSED, utcnow()
    save(invitation.wave)

    page = client.post(address_of(invitation), data=filled("2"))

    assert "takes no answers any more" in page.text
    assert db.session.scalars(select(Response)).all() == []


def test_what_is_said_in_confidence_nobody_writes_down(
    client: CheckingClient, invitation: Invitation
) -> None:
    invitation.wave.survey_version.survey.is_confidential = True
    save(invitation.wave.survey_version.survey)

    page = client.post(address_of(invitation), data=filled("2"))

    assert "given in confidence" in page.text
    assert db.session.scalars(select(Response)).all() == []


def test_a_csm_writes_down_for_their_own_accounts_only(client: CheckingClient, csm: User) -> None:
    invitation = invited(a_contact(an_account(owner_id=a_user().id)))

    assert client.get(address_of(invitation)).status_code == 404
    assert client.post(address_of(invitation), data=filled()).status_code == 404


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.ADMIN])
def test_leaders_and_administrators_write_down_for_everybody(client: CheckingClient, role: RoleName) -> None:
    a_company()
    client.sign_in(a_user(role))
    invitation = invited(a_contact())

    assert client.post(address_of(invitation), data=filled()).status_code == 302


def test_person_and_wave_pages_lead_there_while_it_is_possible(
    client: CheckingClient, csm: User, invitation: Invitation
) -> None:
    invitation.wave.owner_id = csm.id
    save(invitation.wave)
    person, wave = f"/people/{invitation.contact_id}", f"/waves/{invitation.wave_id}"
    assert address_of(invitation) in client.get(person).text
    assert address_of(invitation) in client.get(wave).text

    a_response(invitation)

    assert address_of(invitation) not in client.get(person).text


def test_the_list_marks_and_filters_what_did_not_come_by_link(
    client: CheckingClient, csm: User, invitation: Invitation
) -> None:
    client.post(address_of(invitation), data=filled("6"))
    a_response(invited(a_contact(an_account(owner_id=csm.id), last_name="Byron")))

    everything, by_phone = client.get("/responses").text, client.get("/responses?source=phone").text

    assert "By phone, written down by Clara Sommer" in everything
    assert "Byron" in everything
    assert "Ruiz" in by_phone
    assert "Byron" not in by_phone
    exported = client.get("/responses/export.csv?source=phone").text
    assert ",phone,1," in exported
    assert "How likely" in exported


@pytest.mark.parametrize("source", [None, ResponseSource.PHONE, ResponseSource.REPLY])
def test_nothing_stands_in_the_way_of_an_open_wave(source: ResponseSource | None) -> None:
    assert judge_phone_answer(is_open=True, is_confidential=False, has_opted_out=False, source=source) is None


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"is_open": False}, PhoneRefusal.CLOSED),
        ({"is_confidential": True}, PhoneRefusal.CONFIDENTIAL),
        ({"has_opted_out": True}, PhoneRefusal.OPTED_OUT),
        ({"source": ResponseSource.LINK}, PhoneRefusal.OWN_ANSWER),
        ({"source": ResponseSource.IMPORT}, PhoneRefusal.OWN_ANSWER),
    ],
)
def test_what_stands_in_the_way_is_named(facts: dict[str, Any], refusal: PhoneRefusal) -> None:
    usual = {"is_open": True, "is_confidential": False, "has_opted_out": False, "source": None}
    assert judge_phone_answer(**{**usual, **facts}) is refusal


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (NOW.date(), NOW),
        (
            NOW.date() - timedelta(days=1),
            datetime.combine(NOW.date(), NOW.time(), NOW.tzinfo) - timedelta(hours=22),
        ),
        (NOW.date() - timedelta(days=3), NOW - timedelta(days=3) + timedelta(hours=4)),
        (NOW.date() - timedelta(days=4), None),
        (NOW.date() + timedelta(days=1), None),
    ],
)
def test_a_day_stands_for_its_noon_between_launch_and_now(day: date, moment: datetime | None) -> None:
    launched_at = NOW - timedelta(days=3) + timedelta(hours=4)
    assert called_at(day, zone=NOW.tzinfo, launched_at=launched_at, now=NOW) == moment


def test_the_story_says_how_an_answer_came_in(
    client: CheckingClient, csm: User, invitation: Invitation
) -> None:
    client.post(address_of(invitation), data=filled("6"))

    assert "by phone" in client.get(f"/people/{invitation.contact_id}").text


def test_the_crm_is_told_how_an_answer_came_in(
    client: CheckingClient, csm: User, invitation: Invitation
) -> None:
    client.post(address_of(invitation), data=filled("6"))

    (sent,) = project(Entity.RESPONSE, [the_answer().id], prefix="V").values()

    assert str(sent.values["survey_name"]).endswith(" (by phone)")
