"""What follows from what is heard of a mail after it left, whoever says it."""

from dataclasses import dataclass
from datetime import datetime

from vocapp.campaigns.afterwards import ANSWER
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import INVITATION, settle_invitation
from vocapp.core.db import db
from vocapp.outbox.events import is_event_known, record_mail_event
from vocapp.outbox.models import Message
from vocapp.outbox.rules import DEAD_STATUSES, MailEventKind
from vocapp.responses.opting_out import opt_out
from vocapp.rosters.champion_queries import REQUEST as ROSTER_REQUEST
from vocapp.rosters.models import RosterRequest
from vocapp.workflows.mail_settled import follow_up_refused

UNDELIVERED = (MailEventKind.BOUNCED, MailEventKind.DROPPED)


@dataclass(frozen=True, kw_only=True)
class MailNews:
    """One thing heard: of which mail (None: none of ours), what, by whom, and when it was so.

    `event_key` names it at its source. `status` is an enhanced status code and counts as dead when it is one
    of `DEAD_STATUSES`: whoever doubts it leaves it out. With `is_opt_out` the reader wants no more mail.
    """

    message: Message | None
    kind: MailEventKind
    source: str
    event_key: str
    occurred_at: datetime
    status: str = ""
    detail: str = ""
    is_opt_out: bool = False


def hear_of_mail(news: MailNews, *, now: datetime) -> bool:
    """Note what was heard, and do all that follows from it for people and invitations.

    False when it was heard before; hearing it twice, in any order, changes nothing. A bounce tells whose mail
    never arrived; a complaint opts out. Call it first thing in a transaction: it holds people before mails.
    """
    if is_event_known(news.event_key):
        return False
    message = news.message
    if message is not None and news.kind in UNDELIVERED:
        is_dead = news.kind is MailEventKind.BOUNCED and news.status in DEAD_STATUSES
        follow_up_refused(message, news.occurred_at, is_address_dead=is_dead)
    elif message is not None and (news.is_opt_out or news.kind is MailEventKind.COMPLAINED):
        opt_out_reader(message, source="opt_out" if news.is_opt_out else "complaint", now=now)
    return record_mail_event(
        message=message,
        kind=news.kind,
        source=news.source,
        event_key=news.event_key,
        occurred_at=news.occurred_at,
        status=news.status,
        detail=news.detail,
        now=now,
    )


def opt_out_reader(message: Message, *, source: str, now: datetime) -> bool:
    """Opt out whoever a message was written to; False when it asked nobody anything, and nothing changes."""
    asked: Invitation | RosterRequest | None = None
    if message.subject_kind in (INVITATION, ANSWER):
        asked = db.session.get(Invitation, message.subject_id)
    elif message.subject_kind == ROSTER_REQUEST:
        asked = db.session.get(RosterRequest, message.subject_id)
    if asked is None:
        return False
    opt_out(asked, source=source, now=now)
    if isinstance(asked, Invitation):
        # An answer may have come in since it was read.
        db.session.refresh(asked, with_for_update=True)
        # One that bounced counts as settled there; what its reader wants is more than that.
        settle_invitation(asked, InvitationState.OPTED_OUT, now)
    return True
