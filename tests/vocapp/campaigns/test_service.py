"""The life of an invitation, and the end of a wave."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_wave, an_account, an_invitation
from tests.vocapp.campaigns.builders import messages_for
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import (
    cancel_wave,
    close_wave,
    invited,
    mark_delivered,
    mark_started,
    queue_due_reminders,
    queue_invitations,
    record_acceptances,
    record_rejection,
    settle_invitation,
)
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.freshness.models import Evidence
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState

pytestmark = pytest.mark.usefixtures("app")

DUE = NOW - timedelta(minutes=1)


def planned(wave: Wave | None = None, **values: object) -> tuple[Invitation, Message]:
    """An invitation whose mail waits in the outbox."""
    defaults = {"state": InvitationState.PLANNED, "sent_at": None, "delivered_at": None}
    invitation = an_invitation(wave, **{**defaults, **values})
    with transaction():
        queue_invitations(invitation.wave, [invited(invitation)])
    message = db.session.scalars(select(Message).where(Message.key == f"invitation:{invitation.id}")).one()
    return invitation, message


def remind() -> None:
    with transaction():
        while queue_due_reminders(now=NOW):
            pass


def close(wave: Wave, **options: bool) -> bool:
    with transaction():
        return close_wave(wave.id, now=NOW, **options)


def test_an_accepted_mail_makes_a_planned_invitation_sent() -> None:
    invitation, message = planned()
    with transaction():
        record_acceptances([(message, NOW)], is_final_mailbox=False)
    assert (invitation.state, invitation.sent_at) == (InvitationState.SENT, NOW)


def test_the_built_in_mailbox_is_the_end_of_the_way() -> None:
    invitation, message = planned()
    with transaction():
        record_acceptances([(message, NOW)], is_final_mailbox=True)
    assert (invitation.state, invitation.delivered_at) == (InvitationState.DELIVERED, NOW)


def test_hearing_twice_of_one_acceptance_changes_nothing() -> None:
    invitation, message = planned()
    for moment in (NOW, NOW + timedelta(hours=1)):
        with transaction():
            record_acceptances([(message, moment)], is_final_mailbox=False)
    assert invitation.sent_at == NOW


def test_an_answer_that_overtook_the_acceptance_stays() -> None:
    invitation, message = planned()
    with transaction():
        settle_invitation(invitation, InvitationState.COMPLETED, NOW)
        record_acceptances([(message, NOW)], is_final_mailbox=False)
    assert invitation.state == InvitationState.COMPLETED


def test_the_reminder_counts_from_the_day_the_mail_really_left() -> None:
    invitation, message = planned(reminder_due_at=NOW + timedelta(days=3))
    with transaction():
        record_acceptances([(message, NOW + timedelta(days=5))], is_final_mailbox=False)
    assert invitation.reminder_due_at is not None
    assert invitation.reminder_due_at > NOW + timedelta(days=7)


def test_a_refused_mail_is_a_bounce() -> None:
    invitation, message = planned()
    with transaction():
        record_rejection(message, NOW)
    assert invitation.state == InvitationState.BOUNCED


@pytest.mark.parametrize(
    ("is_address_dead", "status"), [(True, ContactStatus.BOUNCED), (False, ContactStatus.ACTIVE)]
)
def test_only_a_dead_address_makes_its_contact_unreachable(
    is_address_dead: bool, status: ContactStatus
) -> None:
    invitation, message = planned()
    with transaction():
        record_rejection(message, NOW, is_address_dead=is_address_dead)
    assert invitation.contact.status == status


def test_a_refused_reminder_says_that_the_address_is_dead_and_leaves_the_invitation() -> None:
    invitation, message = planned()
    with transaction():
        settle_invitation(invitation, InvitationState.COMPLETED, NOW)
        message.template = "reminder"
        record_rejection(message, NOW, is_address_dead=True)
    assert (invitation.state, invitation.contact.status) == (InvitationState.COMPLETED, ContactStatus.BOUNCED)


def test_a_dead_address_is_evidence_that_names_its_mail() -> None:
    invitation, message = planned()
    for _turn in range(2):
        with transaction():
            record_rejection(message, NOW, is_address_dead=True)
    evidence = db.session.scalars(select(Evidence)).one()
    assert (evidence.contact_id, evidence.source_id) == (invitation.contact_id, message.id)
    assert evidence.details == {"address": invitation.contact.email}


def test_who_begins_to_answer_has_the_mail() -> None:
    invitation, _ = planned()
    with transaction():
        mark_started(invitation, NOW)
    assert (invitation.state, invitation.delivered_at) == (InvitationState.STARTED, NOW)


def test_an_answer_takes_its_queued_reminder_back() -> None:
    invitation = an_invitation(reminder_due_at=DUE)
    remind()
    with transaction():
        settle_invitation(invitation, InvitationState.COMPLETED, NOW)
    assert [message.state for message in messages_for(invitation.wave)] == [MessageState.CANCELLED]


def test_settling_twice_says_that_nothing_changed() -> None:
    invitation = an_invitation()
    with transaction():
        outcomes = [settle_invitation(invitation, InvitationState.COMPLETED, NOW) for _ in range(2)]
    assert outcomes == [True, False]


def test_a_due_reminder_is_queued_once() -> None:
    invitation = an_invitation(reminder_due_at=DUE)
    remind()
    remind()
    assert [message.key for message in messages_for(invitation.wave)] == [f"reminder:{invitation.id}:1"]
    # The second one is due on the eighth working day after the mail that asked.
    due = datetime(2026, 3, 23, 9, tzinfo=UTC)
    assert (invitation.reminders_sent, invitation.reminded_at) == (1, NOW)
    assert invitation.reminder_due_at == due


@pytest.mark.parametrize(
    "state",
    [InvitationState.COMPLETED, InvitationState.DECLINED, InvitationState.OPTED_OUT, InvitationState.BOUNCED],
)
def test_nobody_who_answered_or_refused_is_reminded(state: InvitationState) -> None:
    invitation = an_invitation(reminder_due_at=DUE)
    with transaction():
        settle_invitation(invitation, state, NOW)
    remind()
    assert messages_for(invitation.wave) == []


def test_somebody_who_left_is_not_reminded() -> None:
    invitation = an_invitation(contact=a_contact(status=ContactStatus.LEFT), reminder_due_at=DUE)
    remind()
    assert messages_for(invitation.wave) == []


def test_a_reminder_that_is_late_waits_for_the_next_morning() -> None:
    # 10:00 UTC is 23:00 in Auckland.
    invitation = an_invitation(contact=a_contact(time_zone="Pacific/Auckland"), reminder_due_at=DUE)
    remind()
    assert messages_for(invitation.wave) == []
    assert invitation.reminder_due_at == NOW + timedelta(hours=10)


def test_the_reminder_repairs_a_mail_of_which_nobody_knows_whether_it_left() -> None:
    invitation, message = planned(reminder_due_at=DUE)
    with transaction():
        message.state = MessageState.UNKNOWN
    remind()
    assert len(messages_for(invitation.wave)) == 2


def test_nobody_is_reminded_of_a_mail_that_never_left() -> None:
    invitation, _ = planned(reminder_due_at=DUE)
    remind()
    assert len(messages_for(invitation.wave)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (InvitationState.SENT, InvitationState.SILENT),
        (InvitationState.DELIVERED, InvitationState.SILENT),
        (InvitationState.STARTED, InvitationState.SILENT),
        (InvitationState.COMPLETED, InvitationState.COMPLETED),
        (InvitationState.DECLINED, InvitationState.DECLINED),
        (InvitationState.BOUNCED, InvitationState.BOUNCED),
        (InvitationState.PLANNED, InvitationState.TOO_LATE),
    ],
)
def test_at_the_end_the_unanswered_are_silent_and_the_others_stay(
    before: InvitationState, after: InvitationState
) -> None:
    invitation = an_invitation(state=before)
    close(invitation.wave)
    db.session.refresh(invitation)
    assert invitation.state == after


def test_an_invitation_whose_mail_never_left_is_not_silent() -> None:
    invitation, message = planned()
    with transaction():
        message.state = MessageState.FAILED
    close(invitation.wave)
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.TOO_LATE


def test_a_wave_is_closed_once_however_many_schedulers_ask() -> None:
    wave = a_wave(closes_at=NOW)
    assert [close(wave, is_due_only=True) for _ in range(2)] == [True, False]
    jobs = select(func.count()).select_from(Job).where(Job.kind == "wave_closed")
    assert db.session.scalar(jobs) == 1


def test_a_wave_that_was_extended_meanwhile_stays_open() -> None:
    wave = a_wave(closes_at=NOW + timedelta(days=1))
    assert not close(wave, is_due_only=True)
    assert wave.state == WaveState.OPEN


def test_a_mail_that_did_not_come_back_within_a_day_is_delivered() -> None:
    invitation = an_invitation(
        state=InvitationState.SENT, sent_at=NOW - timedelta(hours=24), delivered_at=None
    )
    fresh = an_invitation(state=InvitationState.SENT, sent_at=NOW - timedelta(hours=23), delivered_at=None)
    with transaction():
        mark_delivered(now=NOW)
    assert [invitation.state, fresh.state] == [InvitationState.DELIVERED, InvitationState.SENT]


def test_an_open_wave_cannot_be_cancelled() -> None:
    with pytest.raises(DomainError, match="can be closed instead"):
        cancel_wave(a_wave())


def test_closing_counts_only_the_accounts_of_the_wave() -> None:
    other = an_invitation(contact=a_contact(an_account()))
    close(a_wave())
    db.session.refresh(other)
    assert other.state == InvitationState.DELIVERED
