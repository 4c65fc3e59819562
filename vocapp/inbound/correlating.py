"""Which mail of ours a mail that came in is about, and whom that one was written to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import or_, select

from integrations.mail.classify.verdict import Verdict
from vocapp.accounts.holding import hold_account, hold_people
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import kept_contact, visible_account_ids
from vocapp.campaigns.afterwards import ANSWER
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.service import INVITATION
from vocapp.core.db import db
from vocapp.freshness.queries import address_key
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import (
    is_forged_address,
    message_of_opt_out_address,
    message_of_return_path,
)
from vocapp.rosters.champion_queries import REQUEST as ROSTER_REQUEST
from vocapp.rosters.models import RosterRequest

# What the mails are about that ask people something, or thank them for it.
ASKING = (INVITATION, ANSWER, ROSTER_REQUEST)
# Far more than any honest mail names.
MOST_NAMES = 50


@dataclass(frozen=True)
class Correlation:
    """What a mail that came in is about.

    `message` is ours; `is_sealed`: an address only we can make led to it, else its Message-ID did.
    `opting_out` is the message whose opt-out address it was sent to. `is_own`: it is a mail of ours itself.
    `is_forged`: it was sent to an address that pretends to be ours, and to none that is. `known_sender` is
    the one person who has the sender's address, for a mail that answers none of ours.
    """

    message: Message | None = None
    is_sealed: bool = False
    opting_out: Message | None = None
    is_own: bool = False
    is_forged: bool = False
    known_sender: Contact | None = None

    @cached_property
    def asked(self) -> Invitation | RosterRequest | None:
        """The question that the message of ours was about."""
        message = self.message or self.opting_out
        if message is not None and message.subject_kind in (INVITATION, ANSWER):
            return db.session.get(Invitation, message.subject_id)
        if message is not None and message.subject_kind == ROSTER_REQUEST:
            return db.session.get(RosterRequest, message.subject_id)
        return None

    @property
    def sent_to(self) -> list[str]:
        """The addresses that the messages of ours went to."""
        return [sent.to_address for sent in (self.message, self.opting_out) if sent is not None]

    @property
    def contact(self) -> Contact | None:
        """Whom the message of ours was written to, as they are on record now; else the known sender."""
        found = self.asked.contact if self.asked is not None else self.known_sender
        return None if found is None else kept_contact(found)

    @property
    def account(self) -> Account | None:
        """The account that it concerns."""
        if self.asked is not None:
            return self.asked.account
        return db.session.get(Account, self.contact.account_id) if self.contact else None

    @property
    def csm(self) -> User | None:
        """Who asked, or answers for the account when they cannot sign in or may not see it any more."""
        asked, account = self.asked, self.account
        if account is None:
            return None
        asker = asked.wave.owner if isinstance(asked, Invitation) else asked.sender if asked else None
        likely = (user for user in (asker, account.owner) if user is not None)
        return next((user for user in likely if may_hear(user, account.id)), None)

    def is_about(self, address: str | None) -> bool:
        """Whether a report names the very address that our message went to; naming none, if it is sealed."""
        if self.message is None:
            return False
        if not address:
            return self.is_sealed
        return address_key(address) == address_key(self.message.to_address)


def may_hear(user: User, account_id: int) -> bool:
    """Whether a user may be told what people of an account wrote: they can sign in, and see it."""
    seen = visible_account_ids(user).where(Account.id == account_id)
    return user.active and db.session.scalar(seen) is not None


def correlate(mail: InboundMail, verdict: Verdict) -> Correlation:
    """Return what a mail is about: by the addresses it came to, then by the Message-IDs it names."""
    addresses = [address for address in (mail.envelope_to, *verdict.return_paths[:MOST_NAMES]) if address]
    sealed = _first(message_of_return_path(address) for address in addresses)
    opting_out = _first(message_of_opt_out_address(address) for address in addresses)
    message = sealed or _named(verdict.message_ids)
    return Correlation(
        message=message,
        is_sealed=sealed is not None,
        opting_out=opting_out,
        is_own=verdict.message_id is not None and _named([verdict.message_id]) is not None,
        is_forged=not (sealed or opting_out) and any(is_forged_address(address) for address in addresses),
        known_sender=None if message or opting_out else _known(verdict.sender),
    )


def hold_concerned(found: Correlation) -> None:
    """Hold the account and the people a mail concerns, and read them as they are now.

    First thing, in the order of `accounts.holding`: everybody who has an address that may turn out dead or
    unwanted, and whoever the mail will point at.
    """
    contact, account = found.contact, found.account
    asked = [found.asked.contact.email_key] if found.asked is not None else []
    if account is not None:
        hold_account(account.id)
    has_address = Contact.email_key.in_({*asked, *(address_key(address) for address in found.sent_to)})
    hold_people(select(Contact.id).where(or_(Contact.id == (contact.id if contact else None), has_address)))
    db.session.expire_all()


def _first(found: Iterable[Message | None]) -> Message | None:
    return next((message for message in found if message is not None), None)


def _named(message_ids: Sequence[str]) -> Message | None:
    """Return our message that comes first among some Message-IDs."""
    names = list(message_ids[:MOST_NAMES])
    ours = db.session.scalars(select(Message).where(Message.message_id.in_(names))).all() if names else ()
    return min(ours, key=lambda message: names.index(message.message_id), default=None)


def _known(sender: str | None) -> Contact | None:
    """Return the one person with an address; None for an address of nobody or of several."""
    if not sender:
        return None
    having = select(Contact).where(Contact.email_key == address_key(sender), Contact.merged_into_id.is_(None))
    found = db.session.scalars(having.order_by(Contact.id).limit(2)).all()
    return found[0] if len(found) == 1 else None
