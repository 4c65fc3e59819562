"""Mails that came in and were judged already, as pages show them."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.builders import NOW, a_wave, an_invitation, save
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState, Way

_numbers = itertools.count(1)
LAUNCHED = utcnow().replace(microsecond=0) - timedelta(days=5)
REPLIED = LAUNCHED + timedelta(days=2)


def a_mail(**values: Any) -> InboundMail:
    """A mail that came in; without a state it was handled."""
    number = next(_numbers)
    defaults = {
        "key": f"{number:064}",
        "raw": b"From: ann@customer.example\r\nSubject: Re: How are we doing?\r\n\r\nWords.\r\n",
        "received_at": NOW,
        "via": Way.PIPE,
        "sender": "ann@customer.example",
        "subject": "Re: How are we doing?",
        "state": InboundState.HANDLED,
    }
    return save(InboundMail(**{**defaults, **values}))


def a_reply(
    contact: Contact | None = None, words: str = "Thank you, all is well.", **values: Any
) -> InboundMail:
    """What a person wrote back; without a contact, somebody nobody knows."""
    known = {
        "account_id": contact.account_id if contact else None,
        "contact_id": contact.id if contact else None,
        "sender": contact.email if contact else "stranger@elsewhere.example",
    }
    return a_mail(**{**known, "kind": "human", "reason": "reply", "words": words, **values})


def invited(contact: Contact, **values: Any) -> Invitation:
    """An invitation of a wave that is open now."""
    wave = a_wave(launch_at=LAUNCHED, launched_at=LAUNCHED, closes_at=LAUNCHED + timedelta(days=21))
    return an_invitation(wave, contact, sent_at=LAUNCHED, delivered_at=LAUNCHED, **values)


def a_score(contact: Contact, score: int = 9, words: str = "9, great support", **values: Any) -> InboundMail:
    """A reply with a number to a question that is open now."""
    known = {"invitation_id": invited(contact).id, "reason": "score", "received_at": REPLIED}
    return a_reply(contact, words, **{**known, "score": score, **values})


def again(mail: InboundMail) -> InboundMail:
    """A mail as it stands now."""
    db.session.expire_all()
    return db.session.get_one(InboundMail, mail.id)


def statements_of(act: Callable[[], object]) -> int:
    """How many statements reading something takes."""
    count = 0

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal count
        count += statement.startswith("SELECT")

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return count
