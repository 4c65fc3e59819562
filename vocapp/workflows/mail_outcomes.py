"""What came of handing one mail over: the transport's words as an outcome the outbox understands."""

from integrations.errors import Rejected, Retryable, Uncertain
from integrations.mail.replies import MailDeferred, MailRefused, Phase
from integrations.mail.transport import Transport
from vocapp.outbox.causes import Cause, judge_reply
from vocapp.outbox.rules import MessageState, Outcome


def try_to_send(transport: Transport, envelope_from: str, recipient: str, raw: bytes) -> Outcome:
    """Hand a finished mail to the mail server and return what came of it."""
    try:
        transport.send(envelope_from, recipient, raw)
        return Outcome(MessageState.SENT)
    except Retryable as trouble:
        return _put_off(trouble)
    except Rejected as refusal:
        return _refused(refusal)
    except Uncertain as doubt:
        return Outcome(MessageState.UNKNOWN, doubt.reason, cause=Cause.IN_DOUBT)


def _put_off(trouble: Retryable) -> Outcome:
    """A refusal for now: of the mail server itself, of the hosts behind it, or of this mail alone."""
    cause, is_connecting = Cause.PUT_OFF, False
    if isinstance(trouble, MailDeferred):
        is_connecting = trouble.phase is Phase.CONNECT
        reply = trouble.reply
        cause = judge_reply(
            reply.code if reply else None,
            reply.status if reply else None,
            reply.text if reply else "",
            is_connecting=is_connecting,
        )
    return Outcome(
        MessageState.QUEUED,
        trouble.reason,
        cause=cause,
        is_server_down=is_connecting,
        is_lane_closed=isinstance(trouble, MailDeferred)
        and trouble.is_server_overloaded
        and not is_connecting,
        retry_after=trouble.retry_after,
    )


def _refused(refusal: Rejected) -> Outcome:
    is_dead = isinstance(refusal, MailRefused) and refusal.is_address_dead
    cause = Cause.REFUSED
    if isinstance(refusal, MailRefused):
        reply = refusal.reply
        cause = judge_reply(reply.code, reply.status, reply.text, is_address_dead=is_dead)
    return Outcome(MessageState.FAILED, refusal.reason, cause=cause, is_address_dead=is_dead)
