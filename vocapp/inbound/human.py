"""What follows from what a person wrote to us: somebody here reads it, and decides."""

from datetime import datetime

from integrations.mail.classify.verdict import Reason, Verdict
from vocapp.inbound.automatic import suggest_departure, suggest_replacement
from vocapp.inbound.correlating import Correlation
from vocapp.inbound.letters import are_enough_waiting, queue_reply_mail
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import Followed, InboundState
from vocapp.inbound.senders import is_foreign

# What a reply says of whoever wrote it.
ABOUT_THEMSELVES = (Reason.LEFT, Reason.REFERRED, Reason.OPT_OUT_REQUEST)


def follow_reply(mail: InboundMail, verdict: Verdict, found: Correlation, *, now: datetime) -> Followed:
    """Tell the CSM of a reply, and suggest who left or should be asked instead.

    A score in it, and the wish to opt out, are only shown to them: by words that a program read nobody is
    opted out, and nothing counts; and what somebody else writes in their place is not their word. While
    enough replies of theirs wait, no mail tells of more. Doing it twice changes nothing.
    """
    contact = found.contact
    if contact is None and not verdict.sender and not mail.envelope_from:
        return Followed(InboundState.QUARANTINED, "Nobody stands in it who could have written it.")
    if contact is None:
        return Followed(InboundState.HANDLED, "It names no mail of ours and comes from nobody we know.")
    note = ""
    if verdict.reason in ABOUT_THEMSELVES and is_foreign(verdict.sender, contact, found.sent_to):
        # "I left" says something about whoever wrote it.
        note = "It came from somebody else's address, so it says nothing about whom our mail went to."
    elif found.asked is not None and verdict.reason == Reason.LEFT:
        suggest_departure(mail, verdict, found, contact, now=now)
    elif found.asked is not None and verdict.reason == Reason.REFERRED:
        suggest_replacement(mail, verdict, found, contact, now=now)
    if found.csm is None:
        return Followed(InboundState.HANDLED, "Nobody here answers for the account.")
    if are_enough_waiting(mail, contact):
        return Followed(InboundState.HANDLED, "Other replies of theirs wait already, so no mail tells of it.")
    queue_reply_mail(mail, found.csm)
    return Followed(InboundState.HANDLED, note)
