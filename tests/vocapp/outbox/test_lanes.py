"""Mail by lanes: never faster than the limit, never to hosts that want a rest, and everything in the end."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import pytest
import time_machine
from flask import Flask

from integrations.dns import FixedResolver
from integrations.mail.replies import Accepted, MailDeferred, MailRefused, Phase, read_reply
from tests.builders import NOW, a_user
from tests.vocapp.outbox.builders import a_message, messages
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.identity.rules import RoleName
from vocapp.outbox.delivery import claim_due_messages
from vocapp.outbox.events import record_mail_event
from vocapp.outbox.lanes import claim_messages, next_delivery, set_pacing
from vocapp.outbox.models import MailLane, Message
from vocapp.outbox.pacing import EVERYTHING, GRANT, OWN_LANE
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rules import MailEventKind, MessageState
from vocapp.worker import run_due_jobs
from vocapp.workflows import deliver_mail as deliver
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail
from vocapp.workflows.mail_lanes import place_due_messages

MX = {
    "one.example": ("mx1.google.com", "alt.google.com"),
    "two.example": ("two-example.mail.protection.outlook.com",),
    "three.example": ("mail.three.example",),
}


class Post:
    """A mail server that notes what it took and when, and says what it is told about a domain."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, datetime]] = []
        self.tried: Counter[str] = Counter()
        self.says: dict[str, str] = {}

    def send(self, envelope_from: str, recipient: str, raw: bytes) -> Accepted:
        domain = recipient.partition("@")[2]
        self.tried[domain] += 1
        said = self.says.get(domain, "250 ok")
        reply = read_reply(int(said[:3]), said[4:].encode())
        if said.startswith("4"):
            raise MailDeferred(said, phase=Phase.RECIPIENT, reply=reply)
        if said.startswith("5"):
            raise MailRefused(said, phase=Phase.RECIPIENT, reply=reply)
        self.taken.append((domain, utcnow()))
        return Accepted(250, "ok")

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@contextmanager
def posting(app: Flask) -> Iterator[Post]:
    before, post = app.extensions[EXTENSION_KEY], Post()
    app.extensions[EXTENSION_KEY] = replace(
        before, mail=post, dns=FixedResolver({name: {"mx": hosts} for name, hosts in MX.items()})
    )
    try:
        yield post
    finally:
        app.extensions[EXTENSION_KEY] = before


@pytest.fixture
def post(app: Flask) -> Iterator[Post]:
    with posting(app) as post:
        yield post


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def at_pace(per_minute: int, **values: Any) -> None:
    with transaction():
        set_pacing(**{"per_minute": per_minute, "warm_up_from": None, **values})


def queue(number: int, *domains: str) -> None:
    about = a_user(RoleName.ADMIN).id
    for index in range(number):
        a_message(about, to_address=f"p{index}@{domains[index % len(domains)]}")


def lane(name: str) -> MailLane:
    return db.session.get_one(MailLane, name, populate_existing=True)


@pytest.fixture
def committed_post(separate_app: Flask) -> Iterator[Post]:
    """The same with real commits: thousands of steps inside one transaction would slow PostgreSQL down."""
    with separate_app.app_context(), posting(separate_app) as post:
        yield post
        db.session.remove()


@pytest.mark.timeout(600)
def test_a_thousand_mails_to_three_hosts_keep_to_the_limit_in_every_minute_and_all_arrive(
    committed_post, clock
):
    post = committed_post
    at_pace(60)
    queue(1000, *MX)
    while (due := next_delivery(now=utcnow())) is not None:
        clock.move_to(max(due, utcnow() + timedelta(seconds=1)))
        deliver_mail({})
    assert len(post.taken) == 1000
    assert {message.state for message in messages()} == {MessageState.SENT}
    times = defaultdict(list)
    for domain, at in post.taken:
        times[domain].append(at)
    for seen in times.values():
        fastest = max(sum(at <= other < at + timedelta(seconds=60) for other in seen) for at in seen)
        assert fastest <= 60
    # 334 mails at nearly 60 a minute, three hosts side by side.
    assert utcnow() - NOW < timedelta(minutes=8)


def test_a_machine_too_slow_to_write_many_letters_in_time_sends_few_at_once(post, clock, monkeypatch):
    write = deliver.LETTERS["second_factor_lost"]

    def write_slowly(message: Message) -> Any:
        clock.shift(GRANT / 4)
        return write(message)

    monkeypatch.setitem(deliver.LETTERS, "second_factor_lost", write_slowly)
    at_pace(0)
    queue(9, "one.example")
    deliver_mail({})
    assert len(post.taken) == 9


def test_two_workers_share_one_limit(post, clock):
    at_pace(60)
    queue(40, "one.example")
    place_due_messages()
    with transaction():
        first = claim_messages(50, owner="one", now=utcnow())
        second = claim_messages(50, owner="two", now=utcnow())
    assert len(first.message_ids) + len(second.message_ids) == 6


def test_a_third_worker_opens_no_third_connection_to_the_same_hosts(post, clock):
    at_pace(0)
    queue(40, "one.example")
    place_due_messages()
    with transaction():
        numbers = [len(claim_messages(10, owner=owner, now=utcnow()).message_ids) for owner in "abc"]
    assert numbers == [10, 10, 0]


def test_hosts_that_want_a_rest_hold_up_nobody_else(post, clock):
    at_pace(0)
    queue(30, *MX)
    post.says["one.example"] = "421 4.7.0 slow down"
    deliver_mail({})
    deliver_mail({})
    assert post.tried["one.example"] == 1
    assert Counter(domain for domain, _ in post.taken) == {"two.example": 10, "three.example": 10}
    assert lane("google.com").cooling_until == NOW + timedelta(minutes=5)


def test_the_rest_is_longer_each_time_and_short_again_after_a_mail_was_taken(post, clock):
    at_pace(0)
    queue(9, "one.example")
    post.says["one.example"] = "451 4.7.1 slow down"
    rests = []
    for _ in range(4):
        deliver_mail({})
        rests.append((lane("google.com").cooling_until - utcnow()) / timedelta(minutes=1))
        clock.move_to(lane("google.com").cooling_until)
    assert rests == [5, 15, 30, 60]
    del post.says["one.example"]
    deliver_mail({})
    assert lane("google.com").setbacks == 0


def test_a_lane_that_puts_mails_off_goes_on_at_half_speed(post, clock):
    at_pace(60)
    queue(1, "one.example")
    post.says["one.example"] = "450 4.2.1 later"
    deliver_mail({})
    assert (lane("google.com").pace, lane("google.com").slowed_at) == (0.5, NOW)
    assert lane("google.com").cooling_until is None


def test_refusals_for_our_standing_pause_the_lane_and_tell_administrators_once(post, clock):
    at_pace(0)
    queue(20, "one.example", "two.example")
    post.says["one.example"] = "550 5.7.1 looks like spam"
    deliver_mail({})
    run_due_jobs()
    paused = lane("google.com")
    assert paused.resumes_at == NOW + timedelta(hours=4)
    assert "looks like spam" in paused.paused_reason
    assert not is_suppressed("p0@one.example")
    alerts = [message for message in messages() if message.template == "mail_paused"]
    administrators = db.session.scalar(
        db.select(db.func.count()).select_from(Message).where(Message.lane == OWN_LANE)
    )
    assert len(alerts) == administrators == 1
    assert alerts[0].state == MessageState.SENT
    assert next_delivery(now=utcnow()) is None


def test_a_paused_lane_goes_on_by_itself_at_half_speed(post, clock):
    at_pace(60)
    queue(20, "one.example")
    post.says["one.example"] = "550 5.7.1 spam"
    deliver_mail({})
    clock.shift(timedelta(hours=4))
    sweep_mail({})
    assert (lane("google.com").paused_at, lane("google.com").pace) == (None, 0.5)


def test_a_few_refusals_among_many_mails_pause_nothing(post, clock):
    at_pace(0)
    queue(4, "one.example")
    post.says["one.example"] = "550 5.7.1 spam"
    deliver_mail({})
    assert lane("google.com").paused_at is None


def test_complaints_about_the_last_mails_stop_everything_but_what_people_here_ask_for(post, clock):
    at_pace(0)
    queue(9, *MX)
    deliver_mail({})
    for message in messages()[:3]:
        with transaction():
            record_mail_event(
                message=message,
                kind=MailEventKind.COMPLAINED,
                source="ses",
                event_key=f"{message.id}",
                occurred_at=utcnow(),
                now=utcnow(),
            )
    run_due_jobs()
    assert lane(EVERYTHING).resumes_at == NOW + timedelta(hours=24)
    queue(3, *MX)
    a_message(messages()[0].subject_id, subject_kind="user", to_address="admin@vendor.example")
    deliver_mail({})
    taken = Counter(domain for domain, _ in post.taken)
    assert taken["vendor.example"] == 2
    assert sum(taken.values()) == 9 + 2


def test_a_day_of_the_warm_up_ends_with_its_number(post, clock):
    at_pace(0, warm_up_from=NOW.date())
    queue(130, *MX)
    deliver_mail({})
    assert len(post.taken) == 100
    assert next_delivery(now=utcnow()) is None
    clock.shift(timedelta(days=1))
    sweep_mail({})
    deliver_mail({})
    assert len(post.taken) == 130


def test_a_message_whose_time_ends_while_its_lane_is_paused_is_given_up(post, clock):
    at_pace(0)
    a_message(to_address="p@one.example", send_by=NOW + timedelta(hours=1))
    place_due_messages()
    with transaction():
        lane("google.com").paused_at = NOW
    clock.shift(timedelta(hours=2))
    sweep_mail({})
    (message,) = messages()
    assert (message.state, message.cause) == (MessageState.FAILED, "too_late")


def test_without_an_answer_of_the_dns_a_domain_is_a_lane_of_its_own(app, clock):
    with posting(app) as post:
        app.extensions[EXTENSION_KEY] = replace(
            app.extensions[EXTENSION_KEY], dns=FixedResolver(is_silent=True)
        )
        queue(2, "One.Example")
        deliver_mail({})
        assert len(post.taken) == 2
    assert {message.lane for message in messages()} == {"one.example"}


def test_a_claim_is_worth_nothing_after_ten_seconds(post, clock):
    at_pace(60)
    queue(3, "one.example")
    place_due_messages()
    with transaction():
        claim = claim_messages(50, owner="me", now=utcnow())
        assert claim.worth_until == NOW + timedelta(seconds=10)
        assert claim_due_messages(50, owner="other", now=utcnow(), lane="google.com") == []
