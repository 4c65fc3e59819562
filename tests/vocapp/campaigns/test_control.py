"""Pausing and resuming a wave, its pilot, and what can be done for one person."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_user, an_account
from tests.vocapp.campaigns.builders import a_draft, invitations_of, messages_for
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.control import (
    pause_wave,
    release_pilot,
    resend,
    resume_wave,
    stop_person,
    write_again,
)
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.letters import invitation_letter
from vocapp.campaigns.models import Exclusion, Invitation, Wave
from vocapp.campaigns.progress import counts_of
from vocapp.campaigns.rules import ExclusionReason, InvitationState
from vocapp.campaigns.service import close_wave, record_rejection
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address
from vocapp.workflows.deliver_mail import deliver_mail
from vocapp.workflows.launch_wave import launch_wave as run_launch
from vocapp.workflows.remind import send_due_reminders

pytestmark = pytest.mark.usefixtures("app")


def launched(people: int = 3, *, at: datetime = NOW, **values: object) -> Wave:
    """An open wave whose invitations are planned and whose mails are queued."""
    account = an_account()
    for number in range(people):
        a_contact(account, first_name="Ana", last_name=f"Lima {number}")
    wave = a_draft(account, **values)
    with transaction():
        launch_wave(wave, at=None, now=at)
    plan(wave, at=at)
    return wave


def plan(wave: Wave, *, at: datetime = NOW) -> None:
    with time_machine.travel(at, tick=False):
        run_launch({"wave_id": wave.id})


def deliver(*, at: datetime = NOW) -> int:
    """Send what is due; return how many mails are in the mailbox."""
    with time_machine.travel(at, tick=False):
        deliver_mail({})
    return sent()


def sent() -> int:
    return db.session.scalar(select(func.count()).where(Message.state == MessageState.SENT)) or 0


def remind(*, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        send_due_reminders({})


def pause(wave: Wave, *, at: datetime = NOW) -> None:
    with transaction():
        pause_wave(wave, by=wave.owner, now=at)


def resume(wave: Wave, *, at: datetime = NOW) -> None:
    with time_machine.travel(at, tick=False), transaction():
        resume_wave(wave, by=wave.owner)


def stop(invitation: Invitation, reason: str = "In the middle of an escalation") -> bool:
    with transaction():
        return stop_person(invitation, reason=reason, by=invitation.wave.owner, now=NOW)


def send_again(invitation: Invitation, *, at: datetime = NOW) -> Message:
    with time_machine.travel(at, tick=False), transaction():
        return resend(invitation, by=invitation.wave.owner, now=at)


def test_while_a_wave_pauses_no_mail_leaves_and_none_is_lost() -> None:
    wave = launched()
    pause(wave)
    assert deliver() == 0
    assert {message.state for message in messages_for(wave)} == {MessageState.QUEUED}
    resume(wave)
    assert deliver() == 3
    assert deliver() == 3


def test_only_the_mails_of_the_paused_wave_wait() -> None:
    paused, running = launched(), launched(2)
    pause(paused)
    assert deliver() == 2
    assert {message.state for message in messages_for(running)} == {MessageState.SENT}


def test_a_mail_that_the_server_put_off_waits_for_its_paused_wave() -> None:
    wave = launched(1)
    (message,) = messages_for(wave)
    with transaction():
        message.state = MessageState.SENDING
    pause(wave)
    with transaction():
        message.state = MessageState.QUEUED
    assert deliver(at=NOW + timedelta(hours=1)) == 0


def test_planning_stops_while_a_wave_pauses_and_goes_on_afterwards() -> None:
    account = an_account()
    for _unused in range(2):
        a_contact(account)
    wave = a_draft(account)
    with transaction():
        launch_wave(wave, at=None, now=NOW)
    pause(wave)
    plan(wave)
    assert invitations_of(wave) == []
    resume(wave)
    assert db.session.scalar(select(func.count()).where(Job.key == f"launch_wave:{wave.id}")) == 1
    plan(wave)
    assert len(invitations_of(wave)) == 2


def test_reminders_wait_for_the_wave_and_come_once() -> None:
    wave = launched(1)
    deliver()
    due = invitations_of(wave)[0].reminder_due_at
    assert due is not None
    pause(wave, at=NOW + timedelta(hours=1))
    remind(at=due)
    assert len(messages_for(wave)) == 1
    resume(wave, at=due + timedelta(hours=2))
    remind(at=due + timedelta(hours=2))
    remind(at=due + timedelta(hours=2))
    assert [message.template for message in messages_for(wave)] == ["invitation", "reminder"]


def test_what_was_overdue_leaves_at_a_decent_hour() -> None:
    wave = launched(1)
    pause(wave)
    night = NOW.replace(hour=23)
    resume(wave, at=night)
    assert deliver(at=night) == 0
    assert deliver(at=(night + timedelta(days=1)).replace(hour=9, minute=1)) == 1


def test_pausing_and_resuming_twice_is_as_once() -> None:
    wave = launched(1)
    pause(wave)
    pause(wave, at=NOW + timedelta(hours=1))
    assert wave.paused_at == NOW
    resume(wave)
    resume(wave)
    assert wave.paused_at is None


def test_only_an_open_wave_pauses() -> None:
    wave = launched(1)
    with transaction():
        close_wave(wave.id, now=NOW)
    with pytest.raises(DomainError, match="Only an open wave"):
        pause(wave)


def test_a_paused_wave_ends_when_it_was_to_end_and_what_it_held_never_leaves() -> None:
    wave = launched(1)
    pause(wave)
    assert wave.closes_at is not None
    with transaction():
        assert close_wave(wave.id, now=wave.closes_at, is_due_only=True)
    assert deliver(at=wave.closes_at + timedelta(minutes=1)) == 0
    assert messages_for(wave)[0].state in {MessageState.CANCELLED, MessageState.FAILED}
    assert invitations_of(wave)[0].state == InvitationState.TOO_LATE


def test_a_copy_is_the_same_mail_with_the_same_link() -> None:
    wave = launched(1)
    deliver()
    tomorrow = NOW + timedelta(days=1)
    copy = send_again(invitations_of(wave)[0], at=tomorrow)
    original = messages_for(wave)[0]
    letters = [invitation_letter(message) for message in (original, copy)]
    first, second = (letter.whole() for letter in letters if letter is not None)
    assert first == second
    assert deliver(at=tomorrow) == 2


def test_nobody_gets_two_copies_on_one_day() -> None:
    wave = launched(1)
    deliver()
    (invitation,) = invitations_of(wave)
    send_again(invitation)
    with pytest.raises(DomainError, match="today already"):
        send_again(invitation, at=NOW + timedelta(hours=2))


def test_nobody_gets_more_than_three_mails_about_one_invitation() -> None:
    wave = launched(1)
    deliver()
    (invitation,) = invitations_of(wave)
    for days in (1, 2):
        send_again(invitation, at=NOW + timedelta(days=days))
        deliver(at=NOW + timedelta(days=days))
    with pytest.raises(DomainError, match="nobody gets more"):
        send_again(invitation, at=NOW + timedelta(days=3))
    remind(at=NOW + timedelta(days=12))
    assert [message.template for message in messages_for(wave)] == ["invitation"] * 3


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (InvitationState.COMPLETED, "has answered already"),
        (InvitationState.DECLINED, "said no"),
        (InvitationState.REFERRED, "somebody else"),
        (InvitationState.BOUNCED, "comes back"),
        (InvitationState.OPTED_OUT, "does not want"),
        (InvitationState.PLANNED, "has not left yet"),
    ],
)
def test_who_gets_no_copy_is_told_in_a_sentence(state: InvitationState, sentence: str) -> None:
    wave = launched(1)
    (invitation,) = invitations_of(wave)
    with transaction():
        invitation.state = state
    with pytest.raises(DomainError, match=sentence):
        send_again(invitation)


def test_whoever_left_or_must_not_be_written_to_gets_no_copy() -> None:
    wave = launched(2)
    deliver()
    gone, suppressed = invitations_of(wave)
    with transaction():
        gone.contact.status = ContactStatus.LEFT
        suppress_address(suppressed.contact.email, reason="opted_out", source="test")
    with pytest.raises(DomainError, match="has left"):
        send_again(gone)
    with pytest.raises(DomainError, match="must not be written to"):
        send_again(suppressed)


def test_a_paused_wave_sends_no_copies() -> None:
    wave = launched(1)
    deliver()
    pause(wave)
    with pytest.raises(DomainError, match="resume it first"):
        send_again(invitations_of(wave)[0])


def test_a_copy_that_is_refused_does_not_undo_that_somebody_was_asked() -> None:
    wave = launched(1)
    deliver()
    (invitation,) = invitations_of(wave)
    copy = send_again(invitation)
    with transaction():
        record_rejection(copy, NOW)
    assert invitations_of(wave)[0].state == InvitationState.DELIVERED


def test_whoever_is_stopped_before_any_mail_counts_as_not_asked() -> None:
    wave = launched(2)
    first, _second = invitations_of(wave)
    assert stop(first) is False
    assert deliver() == 1
    assert counts_of(wave).invited == 1
    exclusion = db.session.get_one(Exclusion, (wave.id, first.contact_id))
    assert (exclusion.reason, exclusion.note) == (ExclusionReason.STOPPED, "In the middle of an escalation")


def test_whoever_is_stopped_later_gets_no_reminder_and_is_silent_in_the_end() -> None:
    wave = launched(1)
    deliver()
    (invitation,) = invitations_of(wave)
    assert stop(invitation) is True
    remind(at=NOW + timedelta(days=10))
    assert len(messages_for(wave)) == 1
    with transaction():
        close_wave(wave.id, now=NOW + timedelta(days=21))
    assert invitations_of(wave)[0].state == InvitationState.SILENT
    assert counts_of(wave).excluded == 0


def test_a_stop_can_be_taken_back() -> None:
    wave = launched(1)
    (invitation,) = invitations_of(wave)
    stop(invitation)
    assert deliver() == 0
    for _unused in range(2):
        with transaction():
            write_again(invitation, by=wave.owner)
    assert deliver() == 1
    assert counts_of(wave).excluded == 0
    assert counts_of(wave).invited == 1


def test_resuming_a_wave_writes_to_nobody_who_was_stopped() -> None:
    wave = launched(2)
    stop(invitations_of(wave)[0])
    pause(wave)
    resume(wave)
    assert deliver() == 1


def test_taking_a_stop_back_in_a_paused_wave_waits_for_the_wave() -> None:
    wave = launched(1)
    (invitation,) = invitations_of(wave)
    stop(invitation)
    pause(wave)
    with transaction():
        write_again(invitation, by=wave.owner)
    assert deliver() == 0
    resume(wave)
    assert deliver() == 1


def test_a_stop_needs_a_reason() -> None:
    (invitation,) = invitations_of(launched(1))
    with pytest.raises(DomainError, match="why"):
        stop(invitation, "  ")
    with pytest.raises(DomainError, match="Shorten"):
        stop(invitation, "x" * 301)


def test_whoever_answered_is_not_stopped() -> None:
    (invitation,) = invitations_of(launched(1))
    with transaction():
        invitation.state = InvitationState.COMPLETED
    with pytest.raises(DomainError, match="as it is"):
        stop(invitation)


def test_a_pilot_asks_a_few_first_and_the_others_when_it_is_released() -> None:
    wave = launched(20, pilot_percent=10)
    first = {invitation.contact_id for invitation in invitations_of(wave)}
    assert len(first) == 2
    plan(wave)
    assert {invitation.contact_id for invitation in invitations_of(wave)} == first
    leader = a_user()
    ends, later = wave.closes_at, NOW + timedelta(days=3)
    assert ends is not None
    with transaction():
        assert release_pilot(wave, by=leader, now=later)
    with transaction():
        assert not release_pilot(wave, by=leader, now=later)
    plan(wave, at=later)
    assert len(invitations_of(wave)) == 20
    assert wave.closes_at == ends + timedelta(days=3)
