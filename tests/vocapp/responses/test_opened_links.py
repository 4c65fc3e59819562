"""The list of links that a machine may have opened: read, released, kept out, taken back."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_user, save
from tests.vocapp.responses.builders import a_link
from tests.vocapp.responses.visitors import GATEWAY, Visitor
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.core.machines import Decision
from vocapp.identity.rules import RoleName
from vocapp.responses.click_queries import click_intents
from vocapp.responses.models import LinkClick

PAGE = "/responses/opened-links"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def leader(client):
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


@pytest.fixture
def scanned(app):
    """An invitation whose links a gateway opened, all of them."""
    invitation, token = a_link(wave={"name": "Spring"})
    Visitor(app.test_client(), token, agent=GATEWAY).opens_all(at=20)
    return invitation


def decisions():
    db.session.expire_all()
    return set(db.session.scalars(select(LinkClick.decision)))


def is_intent(invitation):
    return click_intents([invitation.wave_id])[invitation.wave_id].clicked == 1


def decide(client, invitation, what, view=""):
    return client.post(f"{PAGE}/{invitation.id}/{what}{view}", follow_redirects=True)


def a_doubtful_click(invitation, target="score:1"):
    return LinkClick(invitation_id=invitation.id, target=target, first_at=NOW, last_at=NOW, doubt="soon+bot")


def test_a_scanned_mail_is_one_line_that_says_whose_it_is_and_why(client, leader, scanned):
    text = client.get(PAGE).text
    assert text.count("Zenobia Quist") == 1
    for words in ("Acme", "Spring", "11 numbers, the opt-out link", "Three or more numbers were opened"):
        assert words in text


def test_nobody_is_told_which_numbers_were_opened(client, leader):
    invitation, _token = a_link()
    click = LinkClick(
        invitation_id=invitation.id, target="score:3", first_at=NOW, last_at=NOW, doubt="soon+bot"
    )
    save(click)
    text = client.get(PAGE).text
    assert "1 number" in text
    assert "score:3" not in text


def test_without_doubt_the_page_says_so(client, leader):
    _, token = a_link()
    Visitor(client, token).opens("score/7", at=60)
    assert "Nothing is in doubt" in client.get(PAGE).text
    assert "Nothing is kept out" in client.get(f"{PAGE}?view=kept_out").text
    assert "Nothing is released" in client.get(f"{PAGE}?view=released").text
    assert client.get(f"{PAGE}?view=nonsense").status_code == 200


def test_released_clicks_count_as_intent_and_as_no_answer(client, leader, scanned):
    page = decide(client, scanned, "release")
    assert "It is no answer" in page.text
    assert decisions() == {Decision.RELEASED}
    assert is_intent(scanned)
    assert scanned.state == "delivered"
    assert "Zenobia Quist" in client.get(f"{PAGE}?view=released").text
    assert "Zenobia Quist" not in client.get(PAGE).text


def test_kept_out_clicks_count_nowhere_and_can_be_released(client, leader, scanned):
    decide(client, scanned, "keep-out")
    assert decisions() == {Decision.KEPT_OUT}
    assert not is_intent(scanned)
    assert "Zenobia Quist" in client.get(f"{PAGE}?view=kept_out").text
    decide(client, scanned, "release", "?view=kept_out")
    assert is_intent(scanned)


@pytest.mark.parametrize("first", ["release", "keep-out"])
def test_every_decision_can_be_taken_back(client, leader, scanned, first):
    decide(client, scanned, first)
    decide(client, scanned, "reopen")
    assert decisions() == {None}
    assert db.session.scalars(select(LinkClick.decided_at)).first() is None
    assert not is_intent(scanned)
    assert "Zenobia Quist" in client.get(PAGE).text


def test_a_release_can_be_turned_into_keeping_out(client, leader, scanned):
    decide(client, scanned, "release")
    page = decide(client, scanned, "keep-out", "?view=released")
    assert page.request.query_string == b"view=released"
    assert not is_intent(scanned)


def test_each_decision_is_written_down_once(client, leader, scanned):
    for what in ("release", "release", "keep-out", "reopen"):
        decide(client, scanned, what)
    acts = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.startswith("clicks.")).order_by(AuditEntry.id)
    ).all()
    assert [act.action for act in acts] == ["clicks.released", "clicks.kept_out", "clicks.reopened"]
    assert {(act.actor_id, act.subject_kind, act.subject_id) for act in acts} == {
        (leader.id, "invitation", scanned.id)
    }
    assert acts[0].details == {"links": 12}


def test_only_doubtful_clicks_can_be_decided_on(client, leader):
    invitation, token = a_link()
    Visitor(client, token).opens("score/7", at=60)
    assert decide(client, invitation, "release").status_code == 404
    assert client.post(f"{PAGE}/123456/release").status_code == 404


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_others_find_no_such_page(client, scanned, role):
    client.sign_in(a_user(role))
    assert client.get(PAGE).status_code == 404
    assert decide(client, scanned, "release").status_code in {403, 404}
    assert decisions() == {None}


def test_the_list_has_pages(client, leader):
    for _turn in range(51):
        invitation, _token = a_link()
        save(
            LinkClick(invitation_id=invitation.id, target="score:1", first_at=NOW, last_at=NOW, doubt="burst")
        )
    assert "1 to 50 of 51" in client.get(PAGE).text
    assert "51 to 51 of 51" in client.get(f"{PAGE}?page=2").text
