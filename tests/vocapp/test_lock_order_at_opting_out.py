"""Somebody wants no more mail while others change who they are: the wish is never lost."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, an_account, an_invitation, token_of
from tests.vocapp.inbound.letters import a_reply
from tests.vocapp.meetings import BREATH_SECONDS, a_live_wave, at_once, get, opting_out, within_transaction
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import change_contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, transaction
from vocapp.duplicates.service import merge_contacts
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.inbound.reply_service import stop_asking
from vocapp.outbox.queries import is_suppressed

OLD, NEW = "ana@customer.example", "ana.silva@customer.example"
WHILE = 50 * BREATH_SECONDS


def stopping(mail_id: int, user_id: int) -> Callable[[], object]:
    """Work of a CSM who looks at a reply for a while, and then stops asking whoever wrote it."""

    def stop() -> None:
        mail = get(InboundMail, mail_id)
        assert mail.contact.email == OLD
        time.sleep(WHILE / 2)
        with transaction():
            stop_asking(mail, by=get(User, user_id), now=NOW)

    return stop


@pytest.fixture
def people(slow_app: Flask) -> dict[str, int | str]:
    """Ana was asked and wrote back; a colleague at another account has the address that will be hers."""
    with slow_app.app_context():
        ana, wave = a_contact(an_account(), email=OLD), a_live_wave()
        invitation = an_invitation(wave, ana)
        other = a_contact(an_account(), email=NEW)
        found = {
            "ana": ana.id,
            "same": other.id,
            "user": a_user().id,
            "invitation": invitation.id,
            "token": token_of(invitation),
        }
        return {**found, "mail": a_reply(ana, "Stop asking me.").id}


def wish(app: Flask, people: dict, *, by_link: bool) -> Callable[[], object]:
    return opting_out(app, people["token"]) if by_link else stopping(people["mail"], people["user"])


@pytest.mark.parametrize("by_link", [True, False])
def test_an_address_is_corrected_while_its_owner_opts_out(
    slow_app: Flask, people: dict, by_link: bool
) -> None:
    def correct() -> None:
        person, values = get(Contact, people["ana"]), {"email": NEW, "email_key": NEW}
        change_contact(person, values=values, persona_ids=[], user=get(User, people["user"]))
        time.sleep(WHILE)

    at_once(slow_app, within_transaction(correct), wish(slow_app, people, by_link=by_link))
    with slow_app.app_context():
        assert get(Contact, people["ana"]).status == ContactStatus.OPTED_OUT
        assert get(Invitation, people["invitation"]).state == InvitationState.OPTED_OUT
        # Whichever came first, the address they had at that moment is written to no more, whoever has it.
        assert is_suppressed(OLD) or is_suppressed(NEW)
        is_theirs = get(Contact, people["same"]).status == ContactStatus.OPTED_OUT
        assert is_theirs == is_suppressed(NEW)


@pytest.mark.parametrize("by_link", [True, False])
def test_a_person_becomes_part_of_another_while_they_opt_out(
    slow_app: Flask, people: dict, by_link: bool
) -> None:
    with slow_app.app_context():
        account = get(Account, get(Contact, people["ana"]).account_id)
        kept_id = a_contact(account, email="a.silva@customer.example").id

    def merge() -> None:
        user = get(User, people["user"])
        merge_contacts(get(Contact, kept_id), get(Contact, people["ana"]), chosen={}, by=user, now=NOW)
        time.sleep(WHILE)

    at_once(slow_app, within_transaction(merge), wish(slow_app, people, by_link=by_link))
    with slow_app.app_context():
        assert get(Contact, kept_id).status == ContactStatus.OPTED_OUT
        states = db.session.scalars(select(Invitation.state)).all()
        assert set(states) == {InvitationState.OPTED_OUT}
        assert is_suppressed(OLD)
