"""An invitation as a real SMTP server gets it: who sent it, where it comes back to, what its headers say."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any

import dkim
import pytest
from aiosmtpd.smtp import Envelope
from flask import Flask

from tests.builders import NOW, a_company, a_contact, a_user, a_wave, an_invitation, token_of
from tests.integrations.mail.builders import smtp_server
from tests.vocapp.outbox.builders import mail_through, smtp, the_message
from tests.vocapp.outbox.senders import SIGNER, a_sender, mail_settings
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import invited, queue_invitations
from vocapp.core.db import db, transaction
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import message_of_opt_out_address, message_of_return_path
from vocapp.workflows.deliver_mail import deliver_mail

SITE = "https://voice." + "a-long-name." * 8 + "vendor.example"


def an_invited() -> Invitation:
    a_company()
    wave = a_wave(a_user(name="Zoë Müller-Lüdenscheidt", email="zoe@vendor.example"), is_any_hour=True)
    unsent = {"state": InvitationState.PLANNED, "sent_at": None, "delivered_at": None}
    invitation = an_invitation(wave, a_contact(first_name="健", last_name="伊藤"), **unsent)
    with transaction():
        queue_invitations(invitation.wave, [invited(invitation)])
    with transaction():
        # Whatever the hour is: what counts here is what leaves.
        db.session.execute(
            db.update(Message).values(next_attempt_at=NOW, hours_zone=None, hours_country=None, send_by=None)
        )
    return invitation


@contextmanager
def delivered(app: Flask, **settings: Any) -> Iterator[tuple[Invitation, Envelope]]:
    """Deliver one invitation to a server on loopback; yield it with what the server got."""
    with a_sender(app, base_url=SITE, **settings), smtp_server() as (inbox, port):
        invitation = an_invited()
        with mail_through(app, smtp(port)):
            deliver_mail({})
        (envelope,) = inbox.envelopes
        yield invitation, envelope


def lines_of(envelope: Envelope, name: str) -> str:
    """Return a header exactly as it stands on the wire, folded lines and all."""
    found = re.search(rf"^{name}: (.*?)\r\n(?![ \t])", envelope.original_content.decode(), re.M | re.S)
    assert found is not None, name
    return found[1]


def test_the_signature_holds_on_arrival_and_breaks_with_one_byte_of_the_link(app: Flask) -> None:
    records = {f"{SIGNER.record_name}.".encode(): SIGNER.record.encode()}
    with delivered(app) as (invitation, envelope):
        raw = envelope.original_content
        assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: records.get(name))
        token = token_of(invitation)
        changed = raw.replace(f"/u/{token}".encode(), f"/u/{token[:-1]}!".encode(), 1)
        assert changed != raw
        assert not dkim.verify(changed, dnsfunc=lambda name, timeout=5: records.get(name))


def test_it_comes_back_to_an_address_that_leads_to_the_message(app: Flask) -> None:
    with delivered(app) as (_, envelope):
        assert envelope.mail_from.endswith("@bounce.vendor.example")
        assert message_of_return_path(envelope.mail_from) == the_message()
        assert message_from_bytes(envelope.original_content)["Return-Path"] is None


def test_the_opt_out_headers_arrive_whole(app: Flask) -> None:
    with delivered(app) as (invitation, envelope):
        value = lines_of(envelope, "List-Unsubscribe")
        link, mailto = re.findall(r"<([^>]+)>", value)
        assert link == f"{SITE}/u/{token_of(invitation)}"
        assert message_of_opt_out_address(mailto.removeprefix("mailto:")) == the_message()
        assert lines_of(envelope, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"


def test_nothing_on_the_wire_is_encoded_that_must_not_be_or_too_long(app: Flask) -> None:
    with delivered(app) as (_, envelope):
        for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID"):
            assert "=?" not in lines_of(envelope, name)
        assert max(map(len, envelope.original_content.split(b"\r\n"))) <= 998
        assert envelope.original_content.isascii()


def test_without_a_bounce_domain_there_is_the_link_alone(app: Flask) -> None:
    with delivered(app, mail=mail_settings(bounce_domain=None)) as (_, envelope):
        assert envelope.mail_from == "voice@vendor.example"
        assert "mailto:" not in lines_of(envelope, "List-Unsubscribe")


@pytest.mark.parametrize("has_bulk_marks", [False, True])
def test_marks_that_silence_robots_are_sent_only_when_asked_for(app: Flask, has_bulk_marks: bool) -> None:
    with delivered(app, mail=mail_settings(has_bulk_marks=has_bulk_marks)) as (_, envelope):
        message = message_from_bytes(envelope.original_content)
        assert message["Auto-Submitted"] == "auto-generated"
        marks = [message["Precedence"], message["X-Auto-Response-Suppress"]]
        assert marks == (["bulk", "OOF, AutoReply"] if has_bulk_marks else [None, None])
