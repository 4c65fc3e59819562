"""Opening a mail's links: noted in one table and nowhere else, cheaply, and never in the way of the page."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.builders import (
    NOW,
    a_contact,
    a_response,
    a_wave,
    an_account,
    an_invitation,
    save,
    token_of,
)
from tests.vocapp.responses.builders import BROWSER, a_link
from tests.vocapp.responses.visitors import Visitor
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import Base, db
from vocapp.core.machines import Decision
from vocapp.outbox.service import queue_message
from vocapp.responses.click_queries import click_intents
from vocapp.responses.models import LinkClick, Response

EVERY_LINK = [*(f"score/{score}" for score in range(11)), "form", "opt-out", "thanks", "told"]
EVERY_LINK += ["not-me", "somebody-else"]


def clicks():
    db.session.expire_all()
    return db.session.scalars(select(LinkClick).order_by(LinkClick.id)).all()


def everything_else():
    """Every row of every table but the one of clicks."""
    db.session.expire_all()
    tables = [table for table in Base.metadata.sorted_tables if table is not LinkClick.__table__]
    return {table.name: sorted(map(repr, db.session.execute(select(table)))) for table in tables}


def test_opening_a_number_is_noted_as_one_row_per_link(client):
    invitation, token = a_link()
    ana = Visitor(client, token)
    for at in (600, 610, 700):
        ana.opens("score/7", at=at)
    ana.opens("score/9", at=720)
    first, second = clicks()
    assert (first.invitation_id, first.target, first.times) == (invitation.id, "score:7", 3)
    assert (first.first_at, first.last_at) == (NOW + timedelta(seconds=600), NOW + timedelta(seconds=700))
    assert (first.doubt, second.doubt) == (None, None)


def test_the_same_link_within_seconds_is_written_once(client):
    _, token = a_link()
    for at in (600, 601, 604.9):
        Visitor(client, token).opens("score/7", at=at)
    assert [click.times for click in clicks()] == [1]


@pytest.mark.parametrize("path", ["form", "score/11", "score/-1", "score/x", "score/", "thanks", "not-me"])
def test_what_is_no_link_of_the_mail_is_not_noted(client, path):
    _, token = a_link()
    Visitor(client, token).opens(path, at=600)
    assert clicks() == []


def test_the_opt_out_link_of_the_mail_is_noted_and_that_of_our_pages_is_not(client):
    _, token = a_link()
    client.get(f"/u/{token}?lang=de")
    assert clicks() == []
    Visitor(client, token).opens("opt-out", at=600)
    assert [click.target for click in clicks()] == ["opt_out"]


def test_whatever_is_opened_changes_no_table_but_that_of_clicks(client):
    invitation, token = a_link()
    a_link()
    before = everything_else()
    for place, path in enumerate(EVERY_LINK):
        assert Visitor(client, token).opens(path, at=60 + place * 20).status_code < 400
    assert everything_else() == before
    assert invitation.state == InvitationState.DELIVERED
    assert len(clicks()) == 12


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec_Purpose": "prefetch"}),
        ("GET", {"Sec_Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X_Moz": "prefetch"}),
        ("GET", {"X_Purpose": "preview"}),
    ],
)
def test_looking_ahead_writes_nothing_at_all(client, method, headers):
    _, token = a_link()
    before = everything_else()
    for path in EVERY_LINK:
        assert Visitor(client, token).opens(path, at=60, method=method, **headers).status_code < 400
    assert clicks() == []
    assert everything_else() == before


@pytest.mark.parametrize("state", [state for state in InvitationState if state in {"completed", "silent"}])
def test_a_settled_invitation_notes_nothing(client, state):
    _, token = a_link(state=state)
    Visitor(client, token).opens("score/7", at=60)
    Visitor(client, token).opens("opt-out", at=61)
    assert clicks() == []


@pytest.mark.parametrize("wave", [{"state": WaveState.CLOSED}, {"closes_at": NOW}])
def test_a_closed_wave_notes_nothing(client, wave):
    _, token = a_link(wave=wave)
    assert Visitor(client, token).opens("score/7", at=60).status_code == 410
    assert Visitor(client, token).opens("opt-out", at=61).status_code == 200
    assert clicks() == []


def test_a_wrong_link_notes_nothing(client):
    assert client.get("/s/no-such-token?score=7").status_code == 404
    assert clicks() == []


def test_a_scanner_behind_a_reminder_comes_soon_after_that(client):
    invitation, token = a_link(reminded_at=NOW + timedelta(days=3), reminders_sent=1)
    reminder = queue_message(
        key=f"reminder:{invitation.id}:1",
        template="reminder",
        context={},
        subject_kind="invitation",
        subject_id=invitation.id,
        to_address=invitation.contact.email,
    )
    reminder.sent_at = NOW + timedelta(days=3)
    db.session.commit()
    Visitor(client, token, agent="").opens("score/7", at=3 * 86_400 + 2)
    assert [click.doubt for click in clicks()] == ["soon+bot"]


# Intent: who clicked a number and sent nothing.


def a_click(invitation, target="score:7", **values):
    return save(
        LinkClick(invitation_id=invitation.id, target=target, **{"first_at": NOW, "last_at": NOW} | values)
    )


def intents_of(wave):
    return click_intents([wave.id])[wave.id]


def one_more(wave, **values):
    return an_invitation(wave, a_contact(an_account()), **values)


def test_intent_is_a_share_of_the_delivered(app):
    wave = a_wave()
    a_click(one_more(wave))
    for _turn in range(3):
        one_more(wave)
    one_more(wave, state=InvitationState.SENT, delivered_at=None)
    found = intents_of(wave)
    assert (found.clicked, found.delivered, found.doubtful) == (1, 4, 0)
    assert (found.rate.value, found.rate.n) == (0.25, 4)


def test_intent_counts_a_person_once(app):
    wave = a_wave()
    invitation = one_more(wave)
    for target in ("score:7", "score:8", "opt_out"):
        a_click(invitation, target)
    assert intents_of(wave).clicked == 1


def test_intent_is_not_looking_at_the_way_out(app):
    wave = a_wave()
    a_click(one_more(wave), "opt_out")
    assert intents_of(wave).clicked == 0


@pytest.mark.parametrize(("decision", "clicked"), [(None, 0), (Decision.KEPT_OUT, 0), (Decision.RELEASED, 1)])
def test_intent_counts_a_doubtful_click_only_when_it_is_released(app, decision, clicked):
    wave = a_wave()
    a_click(one_more(wave), doubt="burst", decision=decision)
    found = intents_of(wave)
    assert (found.clicked, found.doubtful) == (clicked, 1 - clicked)


def test_intent_ends_with_an_answer(app):
    wave = a_wave()
    answered, doubtful = one_more(wave), one_more(wave)
    a_response(answered)
    a_response(doubtful, quarantine_reason="trap_field")
    doubtful.state = InvitationState.DELIVERED
    for invitation in (answered, doubtful):
        a_click(invitation)
    assert intents_of(wave).clicked == 1


@pytest.mark.parametrize("state", ["declined", "referred", "opted_out", "completed"])
def test_intent_is_nothing_of_people_who_told_us_something(app, state):
    wave = a_wave()
    a_click(one_more(wave, state=state))
    assert (intents_of(wave).clicked, intents_of(wave).delivered) == (0, 1)


def test_intent_of_a_wave_that_reached_nobody_is_not_measured(app):
    wave = a_wave()
    assert intents_of(wave).rate.value is None
    assert intents_of(wave).delivered == 0


# At once, and while the database is busy: on a database of its own.


@pytest.fixture
def link(separate_app):
    with separate_app.app_context():
        invitation, token = a_link(wave={"closes_at": utcnow() + timedelta(days=1)})
        return invitation.id, token


def fetch(app, path):
    return FlaskClient(app, app.response_class).get(path, headers={"User-Agent": BROWSER}).status_code


def test_a_page_is_shown_without_delay_while_somebody_else_holds_the_database(separate_app, link):
    invitation_id, token = link
    with separate_app.app_context(), db.engine.begin() as other:
        other.execute(select(Invitation.id).where(Invitation.id == invitation_id).with_for_update())
        started = time.perf_counter()
        assert fetch(separate_app, f"/s/{token}?score=7") == 200
        # Waiting for the lock would take until the other lets go, which here is for ever.
        assert time.perf_counter() - started < 5
    with separate_app.app_context():
        assert clicks() == []
        assert fetch(separate_app, f"/s/{token}?score=7") == 200
        assert [click.target for click in clicks()] == ["score:7"]


def test_links_that_are_opened_at_the_same_instant_are_a_burst(separate_app, link):
    paths = [f"/s/{link[1]}?score={score}" for score in range(11)] + [f"/u/{link[1]}"]
    with ThreadPoolExecutor(len(paths)) as threads:
        assert set(threads.map(lambda path: fetch(separate_app, path), paths)) == {200}
    with separate_app.app_context():
        noted = clicks()
        assert len(noted) == len({click.target for click in noted}) >= 3
        assert all(click.doubt for click in noted)


def test_a_storm_of_clicks_leaves_no_error_and_no_answer(separate_app):
    """Fifteen links of each mail, as fast as eight connections can."""
    with separate_app.app_context():
        wave = a_wave(closes_at=utcnow() + timedelta(days=1))
        account = an_account()
        links = [token_of(an_invitation(wave, a_contact(account))) for _turn in range(30)]
    paths = [f"/s/{token}?score={score}" for score in range(11) for token in links]
    paths += [path.format(token) for path in ("/s/{}", "/u/{}", "/s/{}?score=0", "/u/{}") for token in links]
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda path: fetch(separate_app, path), paths)) == {200}
    with separate_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Response)) == 0
        assert set(db.session.scalars(select(Invitation.state))) == {InvitationState.DELIVERED}
