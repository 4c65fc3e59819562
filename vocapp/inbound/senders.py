"""Whether a mail came from the person it was taken to come from: a mail can be forwarded."""

from collections.abc import Collection, Iterable

from sqlalchemy import or_, select

from vocapp.accounts.models import Contact
from vocapp.core.db import db
from vocapp.freshness.queries import address_key
from vocapp.inbound.models import InboundMail
from vocapp.outbox.models import Message


def foreign_senders(mails: Collection[InboundMail]) -> dict[int, str]:
    """Return mail id → sender, for those that came from no address of the person nor the one we wrote to.

    Two statements, however many mails. A mail of nobody we know, or of no sender, is left out.
    """
    theirs = _addresses_of({mail.contact_id for mail in mails if mail.contact_id is not None})
    ids = {mail.message_id for mail in mails if mail.message_id is not None}
    wrote = select(Message.id, Message.to_address).where(Message.id.in_(ids))
    asked = {message_id: address_key(address) for message_id, address in db.session.execute(wrote)}
    foreign = {}
    for mail in mails:
        if mail.contact_id is not None and mail.sender:
            own = {*theirs.get(mail.contact_id, ()), asked.get(mail.message_id or 0)}
            if address_key(mail.sender) not in own:
                foreign[mail.id] = mail.sender
    return foreign


def is_of_another(sender: str | None, contact: Contact, sent_to: Iterable[str]) -> bool:
    """Whether an address is that of somebody else we know, and neither a person's own nor one we wrote to."""
    if not is_foreign(sender, contact, sent_to):
        return False
    known = select(Contact.id).where(Contact.email_key == address_key(sender or "")).limit(1)
    return db.session.scalar(known) is not None


def is_foreign(sender: str | None, contact: Contact, sent_to: Iterable[str]) -> bool:
    """Whether an address is neither a person's own nor one we wrote to; no address is not."""
    key = address_key(sender or "")
    if not key or key in {address_key(address) for address in sent_to}:
        return False
    return key not in _addresses_of({contact.id}).get(contact.id, ())


def _addresses_of(contact_ids: Collection[int]) -> dict[int, set[str]]:
    """Return contact id → their address, and those of records that became part of them."""
    known = select(Contact.id, Contact.merged_into_id, Contact.email_key).where(
        or_(Contact.id.in_(contact_ids), Contact.merged_into_id.in_(contact_ids))
    )
    found: dict[int, set[str]] = {}
    for contact_id, kept_id, key in db.session.execute(known):
        for person_id in {contact_id, kept_id or contact_id}:
            found.setdefault(person_id, set()).add(key)
    return found
