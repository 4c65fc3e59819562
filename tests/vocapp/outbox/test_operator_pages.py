"""Mail going out: what administrators see of it, and what they may do."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.builders import NOW, a_user
from tests.integrations.mail.builders import free_port
from tests.vocapp.outbox.builders import a_message, mail_through, smtp, the_message
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.outbox.events import record_mail_event
from vocapp.outbox.lanes import pacing, set_pacing
from vocapp.outbox.models import MailLane, Message
from vocapp.outbox.pacing import EVERYTHING
from vocapp.outbox.rules import MailEventKind, MessageState
from vocapp.outbox.service import suppress_address
from vocapp.outbox.standing import resume_due_lanes


@pytest.fixture
def admin(client):
    with time_machine.travel(NOW, tick=False):
        client.sign_in(a_user(RoleName.ADMIN))
        yield client


def stopped(state: MessageState, **values: Any) -> Message:
    message = a_message(**{"to_address": "ken@customer.example", **values})
    with transaction():
        message.state, message.attempts = state, 3
        message.first_tried_at = message.tried_at = NOW - timedelta(hours=5)
        message.cause, message.reason = "policy", "554 5.7.1 no"
    return message


def a_lane(name: str, **values: Any) -> None:
    with transaction():
        db.session.add(MailLane(name=name, refilled_at=NOW, ready_at=NOW, **values))


def acts() -> list[str]:
    return list(db.session.scalars(db.select(AuditEntry.action).order_by(AuditEntry.id)))


def said(response) -> str:
    assert response.status_code == 200
    return " ".join(response.get_data(as_text=True).split())


def test_failures_are_counted_by_cause_and_can_be_filtered(admin):
    stopped(MessageState.FAILED)
    stopped(MessageState.FAILED, to_address="eve@customer.example")
    with transaction():
        db.session.execute(
            db.update(Message).where(Message.to_address == "eve@customer.example").values(cause="mailbox")
        )
    page = said(admin.get("/mailbox/queue"))
    assert "Refused as spam or by policy" in page
    page = said(admin.get("/mailbox/queue?cause=mailbox"))
    assert "eve@customer.example" in page
    assert "ken@customer.example" not in page


@pytest.mark.parametrize("query", ["?cause=nonsense", "?cause=%27%3B--", "?page=-1", "?page=x"])
def test_a_filter_nobody_offered_shows_a_page(admin, query):
    stopped(MessageState.FAILED)
    assert admin.get(f"/mailbox/queue{query}").status_code == 200


def test_lanes_that_wait_are_shown_with_why_and_let_go(app, admin):
    a_lane(
        "google.com",
        cooling_until=NOW + timedelta(minutes=15),
        cooling_reason="421 4.7.0 slow down",
        setbacks=2,
    )
    with mail_through(app, smtp(free_port())):
        assert "421 4.7.0 slow down" in said(admin.get("/mailbox/queue"))
        page = said(admin.post("/mailbox/queue/resume", data={"lane": "google.com"}, follow_redirects=True))
    assert "It goes on." in page
    lane = db.session.get_one(MailLane, "google.com", populate_existing=True)
    assert (lane.cooling_until, lane.setbacks) == (None, 0)
    assert acts()[-1] == "mail_resumed"


def test_a_lane_that_is_open_cannot_be_let_go(admin):
    assert "Nothing held it." in said(
        admin.post("/mailbox/queue/resume", data={"lane": "nowhere.example"}, follow_redirects=True)
    )
    assert "mail_resumed" not in acts()


def test_all_mail_is_stopped_and_let_go_by_a_person(admin):
    page = said(admin.post("/mailbox/queue/stop", follow_redirects=True))
    assert "An administrator stopped all mail." in page
    with transaction():
        assert resume_due_lanes(now=NOW + timedelta(days=900)) == []
    page = said(admin.post("/mailbox/queue/resume", follow_redirects=True))
    assert "An administrator stopped all mail." not in page
    assert db.session.get_one(MailLane, EVERYTHING, populate_existing=True).pace == 1.0
    assert acts()[-2:] == ["mail_stopped", "mail_resumed"]


def test_a_failed_mail_goes_out_once_more_with_a_new_schedule(admin):
    message = stopped(MessageState.FAILED)
    assert "It goes out once more." in said(
        admin.post(f"/mailbox/queue/{message.id}/retry", follow_redirects=True)
    )
    now = the_message()
    assert (now.state, now.attempts, now.first_tried_at, now.next_attempt_at) == ("queued", 0, None, NOW)
    assert acts()[-1] == "mail_retried"


def test_a_mail_in_doubt_goes_out_again_only_when_somebody_accepts_that_it_may_come_twice(admin):
    message = stopped(MessageState.UNKNOWN)
    assert "The person may get it twice" in said(admin.get(f"/mailbox/queue/{message.id}"))
    admin.post(f"/mailbox/queue/{message.id}/retry")
    assert the_message().state == MessageState.UNKNOWN
    admin.post(f"/mailbox/queue/{message.id}/retry", data={"is_twice_accepted": "y"})
    assert the_message().state == MessageState.QUEUED


def test_nothing_is_sent_again_to_whoever_opted_out(admin):
    message = stopped(MessageState.FAILED)
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
    page = said(admin.post(f"/mailbox/queue/{message.id}/retry", follow_redirects=True))
    assert "This address must not be written to." in page
    assert the_message().state == MessageState.FAILED


def test_nothing_is_sent_again_whose_time_is_over(admin):
    message = stopped(MessageState.FAILED)
    with transaction():
        message.send_by = NOW - timedelta(minutes=1)
    admin.post(f"/mailbox/queue/{message.id}/retry")
    assert the_message().state == MessageState.FAILED


@pytest.mark.parametrize("state", ["sent", "suppressed", "cancelled", "sending"])
@pytest.mark.parametrize("act", ["retry", "drop"])
def test_a_mail_that_is_settled_or_on_its_way_is_left_alone(admin, state, act):
    message = stopped(MessageState(state))
    page = said(admin.post(f"/mailbox/queue/{message.id}/{act}", follow_redirects=True))
    assert "settled meanwhile" in page
    assert the_message().state == state
    assert not {"mail_retried", "mail_dropped"} & set(acts())


@pytest.mark.parametrize("state", ["failed", "unknown", "queued"])
def test_a_mail_is_given_up(admin, state):
    message = stopped(MessageState(state))
    admin.post(f"/mailbox/queue/{message.id}/drop")
    assert the_message().state == MessageState.CANCELLED
    assert acts()[-1] == "mail_dropped"


def test_a_mail_shows_what_was_heard_of_it(admin):
    message = stopped(MessageState.UNKNOWN)
    with transaction():
        record_mail_event(
            message=message,
            kind=MailEventKind.BOUNCED,
            source="postmark",
            event_key="1",
            occurred_at=NOW,
            status="5.2.2",
            detail="mailbox full",
            now=NOW,
        )
    page = said(admin.get(f"/mailbox/queue/{message.id}"))
    assert "Came back" in page
    assert "postmark · 5.2.2 · mailbox full" in page


@pytest.mark.parametrize("path", ["/mailbox/queue/999999", "/mailbox/queue/999999999999"])
def test_a_mail_that_is_not_there_is_not_found(admin, path):
    assert admin.get(path).status_code == 404


def test_the_pace_is_set_and_a_wrong_one_refused_with_a_sentence(admin):
    assert "Number must be" in said(admin.post("/mailbox/queue/pace", data={"per_minute": "-1"}))
    admin.post("/mailbox/queue/pace", data={"per_minute": "120", "warm_up_from": "2026-03-09"})
    assert (pacing().per_minute, str(pacing().warm_up_from)) == (120, "2026-03-09")
    assert acts()[-1] == "mail_pacing_changed"
    admin.post("/mailbox/queue/pace", data={"per_minute": "0", "warm_up_from": ""})
    assert (pacing().per_minute, pacing().warm_up_from) == (0, None)


def test_the_warm_up_says_how_many_mails_are_left_today(app, admin):
    with transaction():
        set_pacing(per_minute=60, warm_up_from=NOW.date())
    with mail_through(app, smtp(free_port())):
        assert "week 1 of 4: 100 mails today, 100 left" in said(admin.get("/mailbox/queue"))
