"""What follows for people and invitations once it is known what became of a mail."""

from collections.abc import Sequence
from datetime import datetime

from vocapp.campaigns.service import INVITATION, record_acceptances, record_rejection
from vocapp.core.gateways import gateways
from vocapp.freshness.service import record_bounce
from vocapp.outbox.delivery import close_sent_messages
from vocapp.outbox.models import Message
from vocapp.rosters.champion import record_request_refused, record_requests_sent
from vocapp.rosters.champion_queries import REQUEST as ROSTER_REQUEST


def follow_up_refused(message: Message, at: datetime, *, is_address_dead: bool) -> None:
    """Tell whose mail will never arrive: an invitation, a request, or just everybody with a dead address.

    Call it before the message itself is changed: whoever else needs both rows takes them in this order, too.
    """
    if message.subject_kind == INVITATION:
        record_rejection(message, at, is_address_dead=is_address_dead)
    elif message.subject_kind == ROSTER_REQUEST:
        record_request_refused(message, now=at, is_address_dead=is_address_dead)
    elif is_address_dead:
        record_bounce(message.to_address, message_id=message.id, occurred_at=at, now=at)


def follow_up_sent(sent: Sequence[tuple[Message, datetime]]) -> None:
    """Tell those whose mail was taken: invitations, requests. If a worker dies before, the sweep does it."""
    invited = [(message, at) for message, at in sent if message.subject_kind == INVITATION]
    if invited:
        record_acceptances(invited, is_final_mailbox=gateways().mailbox is not None)
    champions = [(message, at) for message, at in sent if message.subject_kind == ROSTER_REQUEST]
    if champions:
        record_requests_sent(champions)
    if sent:
        close_sent_messages([message for message, _ in sent])
