"""Mails that can never be written or miss their time: an outcome of their own, and no silence."""

from datetime import timedelta

import pytest
import time_machine

from tests.builders import NOW, a_contact, an_account
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft, invitations_of, messages_for
from tests.vocapp.campaigns.pages import page, send
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.asked import asking_of_wave, last_asked
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Wave
from vocapp.campaigns.progress import counts_of
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import close_wave
from vocapp.core.db import db, transaction
from vocapp.engagement.queries import participations
from vocapp.identity.models import User
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail
from vocapp.workflows.launch_wave import launch_wave as run_launch

pytestmark = pytest.mark.usefixtures("march")


def launched(csm: User, people: int = 2) -> Wave:
    account = an_account(owner_id=csm.id)
    for number in range(people):
        a_contact(account, last_name=f"Lima {number}")
    wave = a_draft(account, owner=csm)
    with transaction():
        launch_wave(wave, at=None, now=NOW)
    run_launch({"wave_id": wave.id})
    return wave


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_mail_that_cannot_be_written_says_so_and_asks_nobody(client: CheckingClient, csm: User) -> None:
    wave = launched(csm)
    bad, _good = messages_for(wave)
    with transaction():
        bad.to_address = "jörg@a.example"  # No mail of ours can carry it.
    deliver_mail({})
    sweep_mail({})
    first, second = invitations_of(wave)
    assert (first.state, second.state) == (InvitationState.UNWRITTEN, InvitationState.DELIVERED)
    assert first.reminder_due_at is None
    counts = counts_of(wave)
    assert (counts.unwritten, counts.planned, counts.sent, counts.delivered) == (1, 0, 1, 1)
    shown = words(page(client, f"/waves/{wave.id}?view=unsent"))
    assert "one could not be written" in shown
    assert "The mail could not be written:" in shown
    lately = last_asked(asking_of_wave(wave, except_in=None), now=NOW)
    assert [row.email_key for row in db.session.execute(lately)] == [second.contact.email_key]
    # A copy that can be written asks after all.
    send(client, f"/waves/{wave.id}/people/{first.id}/send-again?view=unsent")
    deliver_mail({})
    sweep_mail({})
    revived = invitations_of(wave)[0]
    assert (revived.state, revived.settled_at) == (InvitationState.DELIVERED, None)
    assert revived.reminder_due_at is not None


def test_who_is_gone_before_the_first_mail_is_not_waited_for(client: CheckingClient, csm: User) -> None:
    wave = launched(csm, 4)
    with transaction():
        for message in messages_for(wave)[:3]:
            message.next_attempt_at = NOW + timedelta(days=2)
        left, opted_out, bounced, _active = (one.contact for one in invitations_of(wave))
        left.status, bounced.status = ContactStatus.LEFT, ContactStatus.BOUNCED
        opted_out.status = ContactStatus.OPTED_OUT
    deliver_mail({})
    sweep_mail({})
    assert [one.state for one in invitations_of(wave)] == ["gone", "opted_out", "gone", "delivered"]
    counts = counts_of(wave)
    assert (counts.gone, counts.refused, counts.planned, counts.unsent) == (2, 1, 0, 2)
    shown = words(page(client, f"/waves/{wave.id}?view=unsent"))
    assert "2 gone before the first mail" in shown
    assert "Left, or could not be reached, before the first mail" in shown
    # Somebody who is there after all still gets the mail, and is asked.
    with transaction():
        left.status = ContactStatus.ACTIVE
    with time_machine.travel(NOW + timedelta(days=2)):
        deliver_mail({})
        sweep_mail({})
    assert [one.state for one in invitations_of(wave)] == ["delivered", "opted_out", "gone", "delivered"]
    with transaction():
        close_wave(wave.id, now=NOW + timedelta(days=3))
    found = participations([wave.accounts[0].id], until=NOW + timedelta(days=4))
    assert bounced.id not in found.contact
    assert left.id in found.contact


def test_what_missed_its_time_is_not_silent_when_the_wave_closes(client: CheckingClient, csm: User) -> None:
    wave = launched(csm, 3)
    late, queued, _sent = messages_for(wave)
    with transaction():
        late.send_by = NOW - timedelta(minutes=1)
        queued.next_attempt_at = NOW + timedelta(days=2)
    deliver_mail({})
    sweep_mail({})
    assert [one.state for one in invitations_of(wave)] == ["too_late", "planned", "delivered"]
    assert "one not sent in time" in words(page(client, f"/waves/{wave.id}"))
    with transaction():
        close_wave(wave.id, now=NOW + timedelta(days=1))
    assert [one.state for one in invitations_of(wave)] == ["too_late", "too_late", "silent"]
    counts = counts_of(wave)
    assert (counts.too_late, counts.silent, counts.delivered) == (2, 1, 1)
    found = participations([wave.accounts[0].id], until=NOW + timedelta(days=2))
    assert len(found.contact) == 1
    with time_machine.travel(NOW + timedelta(days=2)):
        sweep_mail({})
    assert wave.state == WaveState.CLOSED
