"""What mail providers report: proved first, heard once, in any order, with one end for all providers."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.builders import NOW, an_invitation
from tests.vocapp.inbound.hook_builders import Sent, listen_to, news, signed
from tests.vocapp.outbox.builders import a_message
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import INVITATION
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.jobs import Job
from vocapp.inbound.hooks import MAIL_HEARD
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.return_path import report_mark_of
from vocapp.outbox.rules import MailEventKind
from vocapp.worker import run_due_jobs
from vocapp.workflows.mail_heard import mail_heard

PROVIDERS = ("postmark", "sendgrid", "mailgun", "ses", "brevo")
DEAD = "550 5.1.1 The email account that you tried to reach does not exist"


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """Each provider in turn, as the one this installation believes."""
    before = app.extensions[EXTENSION_KEY]
    listen_to(app, request.param)
    yield request.param
    app.extensions[EXTENSION_KEY] = before


@pytest.fixture
def message(app: Flask) -> Message:
    """A mail that asked somebody for an answer."""
    invitation = an_invitation(state=InvitationState.SENT)
    return a_message(
        subject_kind=INVITATION,
        subject_id=invitation.id,
        template=INVITATION,
        to_address=invitation.contact.email,
    )


def post(client: FlaskClient, provider: str, sent: Sent, *, of: str = "192.0.2.1") -> TestResponse:
    where = {"environ_overrides": {"REMOTE_ADDR": of}}
    return client.post(f"/hooks/mail/{provider}", data=sent.body, headers=dict(sent.headers), **where)


def batch(provider: str, *documents: Any, number: str = "1") -> list[Sent]:
    """The requests that carry some events: SendGrid packs them into one."""
    if provider == "sendgrid":
        return [signed(provider, list(documents))]
    details = {"mailgun": "token", "ses": "MessageId"}.get(provider)
    return [
        signed(provider, document, **({details: f"{number}-{index}-{'x' * 40}"} if details else {}))
        for index, document in enumerate(documents)
    ]


def tell(client: FlaskClient, provider: str, *documents: Any, number: str = "1") -> None:
    for sent in batch(provider, *documents, number=number):
        response = post(client, provider, sent)
        assert response.status_code == 200, response.get_data(as_text=True)


def about(provider: str, message: Message, what: str, **values: str) -> Any:
    return news(
        provider, what, **{"mark": report_mark_of(message), "to": message.to_address, "words": "", **values}
    )


def waiting() -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == MAIL_HEARD, Job.state == "queued")))


def take_up() -> None:
    """Do what waits, and nothing else: no mail goes out meanwhile."""
    for job in waiting():
        mail_heard(job.payload)
        with transaction():
            db.session.delete(job)


def events() -> list[MailEvent]:
    db.session.expire_all()
    return list(db.session.scalars(select(MailEvent).order_by(MailEvent.id)))


def standing() -> tuple[str, str]:
    db.session.expire_all()
    return db.session.scalars(select(Invitation)).one().state, db.session.scalars(
        select(Contact)
    ).one().status


def test_a_delivery_is_noted_with_its_mail(client: FlaskClient, provider: str, message: Message) -> None:
    tell(client, provider, about(provider, message, "delivered"))
    take_up()
    (event,) = events()
    assert (event.message_id, event.kind, event.source) == (message.id, MailEventKind.DELIVERED, provider)
    assert abs(event.occurred_at - NOW) < timedelta(days=400)
    db.session.refresh(message)
    assert message.delivered_at == event.occurred_at


def test_a_dead_address_has_the_same_end_as_by_mail(
    client: FlaskClient, provider: str, message: Message
) -> None:
    tell(client, provider, about(provider, message, "bounced", words=DEAD))
    take_up()
    assert [(event.kind, event.status) for event in events()] == [(MailEventKind.BOUNCED, "5.1.1")]
    assert standing() == (InvitationState.BOUNCED, ContactStatus.BOUNCED)
    assert is_suppressed(message.to_address)


@pytest.mark.parametrize(
    "words",
    [
        "552 5.2.2 Mailbox full",
        "550 5.7.1 Rejected as spam",
        "550 User unknown",
        "550 5.1.1 mailbox full, over quota",
        "",
    ],
)
def test_no_other_bounce_calls_an_address_dead(
    client: FlaskClient, provider: str, message: Message, words: str
) -> None:
    tell(client, provider, about(provider, message, "bounced", words=words))
    take_up()
    assert standing() == (InvitationState.BOUNCED, ContactStatus.ACTIVE)
    assert not is_suppressed(message.to_address)


def test_a_delay_changes_nothing(client: FlaskClient, provider: str, message: Message) -> None:
    tell(client, provider, about(provider, message, "deferred", words="450 4.2.1 Try again"))
    take_up()
    assert [event.kind for event in events()] == [MailEventKind.DEFERRED]
    assert standing() == (InvitationState.SENT, ContactStatus.ACTIVE)


@pytest.mark.parametrize("what", ["complained", "opted_out"])
def test_whoever_complains_or_leaves_the_list_is_asked_no_more(
    client: FlaskClient, provider: str, message: Message, what: str
) -> None:
    tell(client, provider, about(provider, message, what))
    take_up()
    assert standing() == (InvitationState.OPTED_OUT, ContactStatus.OPTED_OUT)
    assert is_suppressed(message.to_address)


def test_the_same_report_again_changes_nothing(client: FlaskClient, provider: str, message: Message) -> None:
    sent = batch(provider, about(provider, message, "bounced", words=DEAD))
    for _ in range(2):
        assert [post(client, provider, each).status_code for each in sent] == [200] * len(sent)
    assert len(waiting()) == 1
    take_up()
    assert [post(client, provider, each).status_code for each in sent] == [200] * len(sent)
    assert len(events()) == 1
    assert waiting() == []


@pytest.mark.parametrize("order", list(permutations(["delivered", "bounced", "complained"])))
def test_the_order_of_reports_does_not_matter(
    client: FlaskClient, provider: str, message: Message, order: tuple[str, ...]
) -> None:
    for number, what in enumerate(order):
        tell(client, provider, about(provider, message, what, words=DEAD), number=str(number))
        take_up()
    assert standing() == (InvitationState.OPTED_OUT, ContactStatus.OPTED_OUT)
    assert len(events()) == 3
    assert is_suppressed(message.to_address)


def test_an_event_about_a_mail_we_do_not_know_is_taken_all_the_same(
    client: FlaskClient, provider: str
) -> None:
    stranger = news(provider, "bounced", mark="a" * 13 + "." + "b" * 26, to="x@other.example", words=DEAD)
    tell(client, provider, stranger)
    run_due_jobs()
    assert [event.message_id for event in events()] == [None]
    assert not is_suppressed("x@other.example")


def test_an_event_about_somebody_else_than_was_written_to_touches_nobody(
    client: FlaskClient, provider: str, message: Message
) -> None:
    tell(client, provider, about(provider, message, "complained", to="else@other.example"))
    take_up()
    assert [event.message_id for event in events()] == [None]
    assert standing() == (InvitationState.SENT, ContactStatus.ACTIVE)


def test_the_case_of_an_address_does_not_matter(client: FlaskClient, provider: str, message: Message) -> None:
    tell(client, provider, about(provider, message, "delivered", to=message.to_address.upper()))
    take_up()
    assert [event.message_id for event in events()] == [message.id]


def test_one_bad_event_does_not_lose_the_others(client: FlaskClient, provider: str, message: Message) -> None:
    bad: list[Any] = [None, 7, "text", [], {}, {"event": {}, "email": []}, {"RecordType": "Open"}]
    documents = [*bad, about(provider, message, "delivered"), *bad]
    if provider == "ses":
        documents = [each for each in documents if isinstance(each, dict)]
    tell(client, provider, *documents)
    take_up()
    assert [event.message_id for event in events()] == [message.id]


def test_what_waits_names_nobody(client: FlaskClient, provider: str, message: Message) -> None:
    words = f"550 5.1.1 <{message.to_address}>: user unknown"
    tell(client, provider, about(provider, message, "bounced", words=words))
    (job,) = waiting()
    assert message.to_address not in json.dumps(job.payload)
    assert message.to_address.partition("@")[0] not in json.dumps(job.payload)


def test_a_report_without_proof_is_refused_in_one_sentence(client: FlaskClient, provider: str) -> None:
    sent = signed(provider, [] if provider == "sendgrid" else {})
    for forged in forgeries(provider, sent):
        response = post(client, provider, forged)
        assert response.status_code == 403
        text = response.get_data(as_text=True)
        assert text.endswith(".\n")
        assert text.count("\n") == 1
        assert response.mimetype == "text/plain"
    assert waiting() == []


def forgeries(provider: str, sent: Sent) -> list[Sent]:
    """The same request with its proof taken away or changed."""
    if provider in ("postmark", "brevo"):
        wrong = signed(provider, {}, password="a-password-of-theirs-only")
        odd = [{}, {"Authorization": "Basic"}, {"Authorization": "Basic é"}, {"Authorization": "Digest x"}]
        return [wrong, *(Sent(sent.body, headers) for headers in odd)]
    if provider == "sendgrid":
        old = signed(provider, [], at=utcnow() - timedelta(days=30))
        return [sent.with_body(sent.body + b" "), Sent(sent.body, {}), old]
    if provider == "mailgun":
        changed = json.loads(sent.body)
        changed["signature"]["token"] = "b" * 50
        old = signed(provider, {}, at=utcnow() - timedelta(days=30))
        return [sent.with_body(json.dumps(changed).encode()), sent.with_body(b"{}"), old]
    changed = {**json.loads(sent.body), "Message": "{}x"}
    return [sent.with_body(json.dumps(changed).encode()), sent.with_body(b"{}"), sent.with_body(b"[1]")]


def test_what_is_no_json_is_refused_and_not_lost_silently(client: FlaskClient, provider: str) -> None:
    bodies = [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000]
    for body in bodies:
        response = post(client, provider, Sent(body, signed(provider, {}).headers))
        assert response.status_code in (400, 403)


def test_a_report_above_a_megabyte_is_refused(client: FlaskClient, provider: str) -> None:
    sent = signed(provider, {"padding": "x" * (1024 * 1024)})
    assert post(client, provider, sent).status_code == 413


def test_other_providers_have_no_page_here(client: FlaskClient, provider: str) -> None:
    for other in {*PROVIDERS, "none"} - {provider}:
        assert client.post(f"/hooks/mail/{other}", data=b"{}").status_code == 404
    assert client.get(f"/hooks/mail/{provider}").status_code == 405


def test_whoever_tries_many_proofs_has_to_wait(app: Flask, client: FlaskClient, provider: str) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    try:
        forged = forgeries(provider, signed(provider, {}))[0]
        answers = [post(client, provider, forged, of=f"{provider}.example") for _ in range(61)]
        assert [answer.status_code for answer in answers[:60]] == [403] * 60
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) > 0
    finally:
        app.config["RATELIMIT_ENABLED"] = False


def test_no_token_is_asked_for(app: Flask, client: FlaskClient, provider: str, message: Message) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        tell(client, provider, about(provider, message, "delivered"))
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=12), some, max_size=4),
    max_leaves=20,
)
Change = Callable[[Any, Any], Any]


def replaced(document: Any, path: int, with_what: Any) -> Any:
    """Return a document with one of the values in it, counted through, replaced by another."""
    places = [(document, key) for key in document]
    for found, key in places:
        inner = found[key]
        if isinstance(inner, dict):
            places.extend((inner, name) for name in inner)
        elif isinstance(inner, list):
            places.extend((inner, index) for index in range(len(inner)))
    owner, key = places[path % len(places)]
    owner[key] = with_what
    return document


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=anything)
def test_any_json_is_answered_for(client: FlaskClient, provider: str, document: Any) -> None:
    assert post(client, provider, signed(provider, document)).status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    what=st.sampled_from(["delivered", "deferred", "bounced", "complained", "opted_out"]),
    path=st.integers(0, 40),
    value=anything,
)
def test_an_event_with_anything_in_it_is_taken_up(
    client: FlaskClient, provider: str, message: Message, what: str, path: int, value: Any
) -> None:
    document = replaced(about(provider, message, what, words=DEAD), path, value)
    for sent in batch(provider, document, number=str(path)):
        assert post(client, provider, sent).status_code == 200
    take_up()
    assert waiting() == []
