"""What mail gateways, proxies and quick or undecided people do with the links of a mail.

`scenarios.json` is the scanner set of the project's fixtures (own work, CC0), replayed step by step.
"""

import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.builders import NOW, a_wave, an_account
from tests.conftest import SECRET_KEY
from tests.vocapp.responses.builders import BROWSER, a_link
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.core.limits import EXTENSION_KEY
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.responses.models import Response, ResponseRevision

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


def test_no_page_carries_a_script_that_could_send_it(client):
    _, token = a_link()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        for path in (f"/s/{token}?score=9", f"/s/{token}/not-me", f"/u/{token}"):
            text = client.get(path).text
            assert "<script" not in text
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


def test_of_a_thousand_mails_only_what_people_sent_counts(app):
    """Three in ten mails are scanned, half of all are answered, some of those twice."""
    chance = random.Random(20260311)
    client = FlaskClient(app, app.response_class)
    wave = a_wave()
    account = an_account()
    answers: dict[int, int] = {}
    with time_machine.travel(NOW, tick=False) as clock:
        for invitation_id, token in a_thousand_links(wave, account):
            if chance.random() < 0.3:
                scan(client, token, chance, clock)
            if chance.random() < 0.5:
                answers[invitation_id] = answer(client, token, chance, clock)
        db.session.expire_all()
        kept = {response.invitation_id: response.rating for response in counted()}
    assert kept == answers
    assert db.session.scalar(select(func.count()).select_from(Response)) == len(answers)
    assert account_statuses(account.id) == {ContactStatus.ACTIVE}


def a_thousand_links(wave, account):
    people = [
        Contact(
            account_id=account.id, email=f"{number}@customer.example", email_key=f"{number}@customer.example"
        )
        for number in range(1000)
    ]
    db.session.add_all(people)
    db.session.flush()
    links = []
    for person in people:
        nonce = new_nonce()
        token = derive_token(SECRET_KEY, "answer", nonce)
        links.append((person.id, nonce, token))
    invitations = [
        Invitation(
            wave_id=wave.id,
            account_id=account.id,
            contact_id=contact_id,
            nonce=nonce,
            token_hash=hash_token(token),
            state=InvitationState.DELIVERED,
            sent_at=NOW,
            delivered_at=NOW,
        )
        for contact_id, nonce, token in links
    ]
    db.session.add_all(invitations)
    db.session.commit()
    ids = db.session.scalars(select(Invitation.id).order_by(Invitation.id)).all()
    return list(zip(ids, [token for *_, token in links], strict=True))


def scan(client, token, chance, clock):
    clock.move_to(NOW + timedelta(seconds=chance.choice([0.5, 2, 8, 43])), tick=False)
    agent = {"User-Agent": chance.choice([BROWSER, "", "Mozilla/5.0 (compatible; SomeScanner)"])}
    links = [f"/s/{token}?score={score}" for score in range(11)] + [f"/s/{token}", f"/u/{token}"]
    fetched = links if chance.random() < 0.2 else chance.sample(links, 2)
    for link in fetched:
        client.open(link, method=chance.choice(["GET", "GET", "HEAD"]), headers=agent)


def answer(client, token, chance, clock):
    clock.move_to(NOW + timedelta(seconds=chance.choice([9, 25, 600, 90_000])), tick=False)
    rating = chance.randrange(11)
    client.get(f"/s/{token}?score={rating}", headers={"User-Agent": BROWSER})
    sent = client.post(f"/s/{token}", data={"score": rating, "seen": "0"}, headers={"User-Agent": BROWSER})
    assert sent.status_code == 303
    if chance.random() < 0.1:
        rating = (rating + 5) % 11
        client.post(f"/s/{token}", data={"score": rating, "seen": "1"}, headers={"User-Agent": BROWSER})
    return rating


def account_statuses(account_id):
    return set(db.session.scalars(select(Contact.status).where(Contact.account_id == account_id)))


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
