"""What mail gateways, proxies and quick or undecided people do with the links of a mail.

`scenarios.json` is the scanner set of the project's fixtures (own work, CC0), replayed step by step.
"""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW
from tests.vocapp.responses.builders import BROWSER, a_link
from tests.vocapp.responses.visitors import GATEWAY, Visitor
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.core.limits import EXTENSION_KEY
from vocapp.responses.models import LinkClick, Referral, Response, ResponseRevision

SCENARIOS = json.loads((Path(__file__).parent / "scenarios.json").read_text(encoding="utf-8"))["scenarios"]
REPLAYED = [scenario for scenario in SCENARIOS if scenario["id"] != "token_guess"]


def play(client, token, step):
    """Do one step and return what came back; a path of several links gives the last."""
    headers = {"User-Agent": step.get("ua", BROWSER)}
    kind, _, rest = step["path"].partition("/")
    if step["m"] == "POST":
        address = f"/u/{token}" if kind == "u1" else f"/s/{token}"
        return client.post(address, data=step["body"], headers=headers)
    if kind == "score":
        first, _, last = rest.partition("..")
        for score in range(int(first), int(last or first) + 1):
            page = client.get(f"/s/{token}?score={score}", headers=headers)
        return page
    # There is no pixel in our mails and no link behind the trap field: both lead to the plain page.
    return client.get(f"/u/{token}" if kind == "unsub" else f"/s/{token}", headers=headers)


def counted():
    return db.session.scalars(select(Response).where(Response.quarantine_reason.is_(None))).all()


@pytest.mark.parametrize("scenario", REPLAYED, ids=[scenario["id"] for scenario in REPLAYED])
def test_a_scenario_ends_as_it_should(client, scenario):
    invitation, token = a_link()
    for step in scenario["steps"]:
        with time_machine.travel(NOW + timedelta(seconds=step["t"]), tick=False):
            assert play(client, token, step).status_code < 500
    db.session.expire_all()
    expected = scenario["expect"]
    responses = counted()
    assert len(responses) == expected.get("answers", 0)
    assert (invitation.contact.status == ContactStatus.OPTED_OUT) is expected.get("unsub", False)
    if "score" in expected:
        assert responses[0].rating == expected["score"]
    if "revisions" in expected:
        assert db.session.scalar(select(func.count()).select_from(ResponseRevision)) == expected["revisions"]
    doubtful = select(func.count()).where(ResponseRevision.quarantine_reason.is_not(None))
    assert db.session.scalar(doubtful) == expected.get("quarantined", 0)


def test_no_page_carries_a_script_of_its_own_or_sends_itself(client):
    _, token = a_link()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        for path in (f"/s/{token}?score=9", f"/s/{token}/not-me", f"/u/{token}"):
            text = client.get(path).text
            assert re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) in ([], [""])
            assert "http-equiv" not in text


def test_a_guesser_is_told_404_and_soon_429_while_everybody_else_answers(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    app.extensions[EXTENSION_KEY].reset()
    _, token = a_link()
    codes = [client.get(f"/s/guess-{number}").status_code for number in range(300)]
    assert codes[:10] == [404] * 10
    assert set(codes[-200:]) == {429}
    assert codes == sorted(codes)
    refused = client.get("/s/another-guess")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert "Too many tries" in refused.text
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert client.get(f"/s/{token}").status_code == 200
        assert client.post(f"/s/{token}", data={"score": "9"}).status_code == 303


def test_a_machine_that_fills_the_trap_after_a_person_answered_changes_nothing(client):
    invitation, token = a_link()
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        client.post(f"/s/{token}", data={"score": "9", "why": "Good"})
        client.post(f"/s/{token}", data={"score": "0", "website": "x"})
    db.session.expire_all()
    assert [(response.rating, response.comment) for response in counted()] == [(9, "Good")]
    assert invitation.state == InvitationState.COMPLETED


def test_a_person_who_answers_after_a_machine_filled_the_trap_counts(client):
    _, token = a_link()
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        client.post(f"/s/{token}", data={"score": "0", "website": "x"})
        page = client.get(f"/s/{token}")
        assert "already answered" not in page.text
        client.post(f"/s/{token}", data={"score": "9", "seen": "0"})
    db.session.expire_all()
    assert [response.rating for response in counted()] == [9]


def test_a_form_in_the_trap_leaves_the_invitation_waiting(client):
    invitation, token = a_link()
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert client.post(f"/s/{token}", data={"score": "0", "website": "x"}).status_code == 303
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.DELIVERED


@pytest.mark.parametrize(
    ("agent", "seconds", "is_counted"),
    [("curl/8.5", 60, True), (BROWSER, 2, True), ("", 600, True), ("", 2, False), ("SomeBot/1.0", 4, False)],
)
def test_one_weak_sign_of_a_machine_never_decides(client, agent, seconds, is_counted):
    _, token = a_link()
    with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
        client.post(f"/s/{token}", data={"score": "9"}, headers={"User-Agent": agent})
    assert len(counted()) == is_counted


def doubts():
    """Why each form in quarantine is there."""
    found = select(ResponseRevision.quarantine_reason).where(ResponseRevision.quarantine_reason.is_not(None))
    return db.session.scalars(found).all()


def ratings():
    db.session.expire_all()
    return [response.rating for response in counted()]


# Genuine people, however quick, late or roundabout they are.


@pytest.mark.parametrize("agent", [BROWSER, "", "curl/8.5", "SomeMail/1.0 (preview)"])
def test_a_person_who_reads_the_page_counts_whatever_their_program_is_called(client, agent):
    _, token = a_link()
    ana = Visitor(client, token, agent=agent)
    ana.opens("score/9", at=20)
    ana.sends(at=23, score=9)
    assert ratings() == [9]


@pytest.mark.parametrize("pause", [12, 30, 59, 61, 3600])
def test_a_person_who_answers_after_the_gateway_opened_everything_counts(client, pause):
    _, token = a_link()
    Visitor(client, token, agent=GATEWAY).opens_all(at=8)
    ana = Visitor(client, token)
    ana.opens("score/7", at=10 + pause)
    ana.sends(at=16 + pause, score=7)
    assert ratings() == [7]
    assert doubts() == []


def test_a_person_whose_answer_is_already_open_when_the_gateway_comes_counts(client):
    _, token = a_link()
    ana = Visitor(client, token)
    ana.opens("score/7", at=30)
    Visitor(client, token, agent=GATEWAY).opens_all(at=45)
    ana.sends(at=60, score=7)
    assert ratings() == [7]


def test_a_person_who_tries_three_numbers_and_sends_the_last_counts(client):
    _, token = a_link()
    ana = Visitor(client, token)
    for at, score in ((60, 5), (63, 6), (66, 7)):
        ana.opens(f"score/{score}", at=at)
    ana.sends(at=75, score=7)
    assert ratings() == [7]


def test_a_person_who_looks_at_the_way_out_and_answers_all_the_same_counts(client):
    _, token = a_link()
    ana = Visitor(client, token)
    ana.opens("opt-out", at=100)
    ana.opens("score/8", at=106)
    ana.sends(at=120, score=8)
    assert ratings() == [8]


def test_a_person_who_presses_the_button_at_once_counts(client):
    _, token = a_link()
    ana = Visitor(client, token)
    ana.opens("score/10", at=25)
    ana.sends(at=26, score=10)
    assert ratings() == [10]


def test_a_person_who_answers_within_seconds_of_the_mail_counts(client):
    _, token = a_link()
    ana = Visitor(client, token)
    ana.opens("score/10", at=1)
    ana.sends(at=4, score=10)
    assert ratings() == [10]


def test_a_person_who_presses_twice_counts_once(client):
    _, token = a_link()
    ana = Visitor(client, token)
    ana.opens("score/10", at=25)
    ana.sends(at=31, score=10)
    ana.sends(at=31.2, score=10)
    assert ratings() == [10]


def test_a_forwarded_mail_has_one_answer_and_the_second_reader_is_asked(client):
    _, token = a_link()
    ana, bo = Visitor(client, token), Visitor(client, token, agent=GATEWAY)
    ana.opens("score/9", at=600)
    bo.opens("score/2", at=640)
    assert ana.sends(at=660, score=9).status_code == 303
    assert bo.sends(at=700, score=2).status_code == 409
    assert ratings() == [9]


def test_a_second_device_replaces_the_answer_when_its_owner_says_so(client):
    _, token = a_link()
    phone, laptop = Visitor(client, token), Visitor(client, token, agent=GATEWAY)
    phone.opens("score/9", at=600)
    phone.sends(at=610, score=9)
    assert "already answered" in laptop.opens("score/6", at=4000).text
    laptop.sends(at=4020, score=6)
    assert ratings() == [6]


def test_a_page_fetched_ahead_and_then_answered_counts(client):
    _, token = a_link()
    ana = Visitor(client, token)
    ana.opens("score/9", at=50, method="HEAD")
    ana.opens("score/9", at=51, Sec_Purpose="prefetch")
    ana.opens("score/9", at=60)
    ana.sends(at=70, score=9)
    assert ratings() == [9]
    assert db.session.scalars(select(LinkClick.times)).all() == [1]


# Machines.


def test_a_machine_that_asks_ahead_and_then_opens_the_link_leaves_no_answer(client):
    invitation, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    gateway.opens("score/4", at=2, method="HEAD")
    gateway.opens("score/4", at=2.5)
    assert ratings() == []
    assert invitation.state == InvitationState.DELIVERED


def test_a_machine_that_runs_scripts_and_sends_what_it_finds_is_kept_apart(client):
    """Detonation in a browser: the page opens, every form on it is sent a moment later."""
    _, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    gateway.opens("score/7", at=3)
    gateway.sends(at=3.8, score=7)
    assert ratings() == []
    assert doubts() == ["soon+quick"]


def test_a_machine_that_sends_the_form_two_seconds_after_the_mail_is_kept_apart(client):
    _, token = a_link()
    gateway = Visitor(client, token, agent="")
    gateway.opens("score/7", at=0.2)
    gateway.sends(at=2, score=7)
    assert ratings() == []
    assert doubts() == ["soon+bot"]


def test_a_machine_that_opens_everything_and_goes_on_to_send_is_kept_apart(client):
    _, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    gateway.opens_all(at=43, seconds=3)
    gateway.opens("form", at=47)
    gateway.sends(at=49, score=0)
    assert ratings() == []
    assert doubts() == ["burst+both"]


def test_a_machine_that_fills_every_field_is_kept_apart_whenever_it_comes(client):
    _, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    gateway.opens("score/5", at=90_000)
    gateway.fills_everything(at=90_060, score=5)
    assert ratings() == []
    assert doubts() == ["trap_field"]


def test_a_forged_or_foreign_mark_of_the_page_says_nothing(client):
    _, token = a_link()
    with time_machine.travel(NOW + timedelta(seconds=60), tick=False):
        for mark in ("", "x", "1773223200000.forged", "9" * 5000):
            client.post(f"/s/{token}", data={"score": "9", "opened": mark})
    assert ratings() == [9]
    assert doubts() == []


@pytest.mark.parametrize("path", ["not-me", "somebody-else"])
def test_a_machine_says_of_nobody_that_they_are_the_wrong_person(client, path):
    invitation, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    gateway.opens(path, at=60)
    said = {"reason": "left_company", "name": "Bo Ek", "email": "bo@customer.example"}
    page = gateway.sends(path, at=62, website="x", **said)
    assert page.status_code == 200
    assert "press the button once more" in page.text
    assert db.session.scalar(select(func.count()).select_from(Referral)) == 0
    assert invitation.state == InvitationState.DELIVERED


@pytest.mark.parametrize("path", ["not-me", "somebody-else"])
def test_a_person_in_doubt_presses_once_more_and_is_believed(client, path):
    _, token = a_link()
    bo = Visitor(client, token)
    bo.opens(path, at=60)
    said = {"reason": "left_company", "name": "Bo Ek", "email": "bo@customer.example"}
    bo.sends(path, at=62, website="x", **said)
    assert bo.sends(path, at=65, website="x", again="yes", **said).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Referral)) == 1
