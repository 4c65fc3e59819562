"""What comes back from mails to champions: the same follows for them as for whoever is asked in a wave."""

import pytest

from tests.builders import NOW
from tests.vocapp.inbound.builders import a_bounce, a_complaint, a_reply, an_automatic_reply, came_in
from tests.vocapp.rosters.champion_builders import a_champion, a_request, messages_of
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Suggestion
from vocapp.inbound.rules import InboundState
from vocapp.outbox.models import Message
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.return_path import opt_out_address_of, return_path_of
from vocapp.outbox.rules import MessageState
from vocapp.rosters.models import RosterRequest
from vocapp.rosters.rules import RequestState

pytestmark = pytest.mark.usefixtures("app", "bounce_domain")


def a_sent_request() -> tuple[RosterRequest, Message]:
    request = a_request()
    (message,) = messages_of(request)
    with transaction():
        message.state, message.attempts, message.sent_at, message.tried_at = MessageState.SENT, 1, NOW, NOW
    return request, message


def champion_of(request: RosterRequest) -> Contact:
    return db.session.get_one(Contact, request.contact_id, populate_existing=True)


def state_of(request: RosterRequest) -> str:
    return db.session.get_one(RosterRequest, request.id, populate_existing=True).state


def test_a_bounced_request_failed_and_its_champion_was_not_reached() -> None:
    request, message = a_sent_request()
    mail = came_in(a_bounce(message), to=return_path_of(message))
    assert champion_of(request).status == ContactStatus.BOUNCED
    assert state_of(request) == RequestState.FAILED
    assert (mail.contact_id, mail.account_id, mail.invitation_id) == (
        request.contact_id,
        request.account_id,
        None,
    )


@pytest.mark.parametrize("is_complaint", [True, False])
def test_a_champion_who_wants_no_mail_is_asked_nothing_more(is_complaint: bool) -> None:
    request, message = a_sent_request()
    if is_complaint:
        came_in(a_complaint(message), to="fbl@vendor.example")
    else:
        came_in(b"Subject: unsubscribe\r\n\r\n", to=opt_out_address_of(message) or "")
    assert champion_of(request).status == ContactStatus.OPTED_OUT
    assert is_suppressed(message.to_address)
    assert state_of(request) == RequestState.CANCELLED


def test_a_champions_mailbox_that_says_they_left_suggests_it() -> None:
    request, message = a_sent_request()
    raw = an_automatic_reply("Zenobia Quist has left the company. Please contact ken@acme.example instead.")
    came_in(raw, to=return_path_of(message), at=utcnow())
    proposed = db.session.scalars(db.select(Suggestion).order_by(Suggestion.id)).all()
    assert [(one.kind, one.account_id) for one in proposed] == [
        ("left", request.account_id),
        ("new_person", request.account_id),
    ]


def test_a_champion_s_reply_reaches_whoever_asked() -> None:
    request, message = a_sent_request()
    mail = came_in(a_reply("Let us talk first.", to=message, sender="zenobia@acme.example"))
    assert (mail.state, mail.contact_id) == (InboundState.HANDLED, request.contact_id)
    told = db.session.scalars(db.select(Message).where(Message.template == "reply_received")).all()
    assert [each.to_address for each in told] == [request.sender.email]


def test_a_champion_on_record_is_known_by_their_address_alone() -> None:
    champion = a_champion()
    mail = came_in(a_reply("Hello", sender="Zenobia@Acme.example"))
    assert mail.contact_id == champion.id
