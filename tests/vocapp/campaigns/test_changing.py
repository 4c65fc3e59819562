"""Changing what a launched wave still has before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, a_wave, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft, extend, invitations_of, messages_for
from tests.vocapp.campaigns.pages import page, send
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.audience import audience
from vocapp.campaigns.changing import change_wave, effects_of, plan_of
from vocapp.campaigns.control import release_pilot
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.letters import invitation_letter
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail
from vocapp.workflows.launch_wave import launch_wave as run_launch
from vocapp.workflows.remind import send_due_reminders

pytestmark = pytest.mark.usefixtures("march")


def launched(owner: User, people: int = 3, **values: object) -> Wave:
    """An open wave with a mail queued for each of some people; the last waits for next week."""
    account = an_account(owner_id=owner.id)
    for number in range(people):
        a_contact(account, last_name=f"Lima {number}")
    wave = a_draft(account, owner=owner, **values)
    with transaction():
        launch_wave(wave, at=None, now=NOW)
    run_launch({"wave_id": wave.id})
    with transaction():
        messages_for(wave)[-1].next_attempt_at = NOW + timedelta(days=6)
    return wave


def fields(**changed: str) -> dict[str, str]:
    return {"note": "", "reminders": "3, 8", "closes_on": "2026-04-01", "sends_until": "", **changed}


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_look_says_what_changes_and_a_change_leaves_what_was_sent(
    client: CheckingClient, csm: User
) -> None:
    wave = launched(csm)
    deliver_mail({})
    address = f"/waves/{wave.id}/to-come"
    assert address in page(client, f"/waves/{wave.id}")
    assert "Reminders on working days" in page(client, address)
    assert "Nothing: this is how the wave stands." in send(client, address, 200, **fields())
    wanted = fields(note="Dear {{first_name}}!", reminders="4 10", sends_until="2026-03-13")
    shown = words(send(client, address, 200, go="look", **wanted))
    for said in (
        "in one first mail that has not left, and in the reminders to 3 people.",
        "One first mail is due after that: it is not sent",
        "Reminders on working days 4, 10.",
        "The next reminder of 3 people comes on another day.",
        "2 first mails have left and stay as they were.",
    ):
        assert said in shown
    assert (wave.personal_note, wave.reminder_days, wave.send_by) == ("", [3, 8], None)
    send(client, address, go="change", **wanted)
    db.session.expire_all()
    last = datetime(2026, 3, 13, 23, 59, tzinfo=UTC)
    assert (wave.personal_note, wave.reminder_days, wave.send_by) == (wanted["note"], [4, 10], last)
    assert "first mails leave until" in page(client, f"/waves/{wave.id}")
    queued = messages_for(wave)[-1]
    assert queued.send_by == last
    letter = invitation_letter(queued)
    assert letter is not None
    assert letter.whole().values["paragraphs"][0][0].startswith("Dear ")
    due = [one.reminder_due_at and one.reminder_due_at.date().isoformat() for one in invitations_of(wave)]
    assert due == ["2026-03-17", "2026-03-17", "2026-03-23"]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "wave_changed")).one()
    assert (entry.actor_id, entry.details["changed"]) == (csm.id, ["note", "reminders", "send_by"])
    assert "Dear" not in str(entry.details)
    with time_machine.travel(last + timedelta(minutes=2)):
        sweep_mail({})
    assert [one.state for one in invitations_of(wave)] == ["delivered", "delivered", "too_late"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"closes_on": "2026-03-01"}, "Choose an end that lies in the future"),
        ({"closes_on": "2029-03-01"}, "at most a year"),
        ({"closes_on": ""}, "Choose a day."),
        ({"note": "Hi {{nickname}}"}, "Nobody fills {{nickname}}"),
        ({"reminders": "soon"}, "Write working days as numbers"),
        ({"reminders": "3, 61"}, "working day from 1 to 60"),
        ({"reminders": "3, 5, 8"}, "at most two different days"),
        ({"sends_until": "2026-03-01"}, "that is not over"),
        ({"sends_until": "2026-04-02"}, "after the end"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    client: CheckingClient, csm: User, changed: dict[str, str], sentence: str
) -> None:
    wave = a_wave(csm, closes_at=datetime(2026, 4, 1, 12, tzinfo=UTC))
    before = plan_of(wave)
    for go in ("look", "change"):
        assert sentence in words(send(client, f"/waves/{wave.id}/to-come", 200, go=go, **fields(**changed)))
    db.session.expire_all()
    assert plan_of(wave) == before


def test_a_wave_that_is_over_and_a_reader_change_nothing(client: CheckingClient, csm: User) -> None:
    wave = a_wave(csm, state=WaveState.CLOSED, closed_at=NOW)
    assert send(client, f"/waves/{wave.id}/to-come", go="change", **fields()).endswith(f"/waves/{wave.id}")
    assert "Only a scheduled or open wave can be changed" in page(client, f"/waves/{wave.id}")
    client.sign_in(a_user(RoleName.EXECUTIVE))
    page(client, f"/waves/{a_wave(csm).id}/to-come", 404)


def test_a_reminder_that_was_sent_stays_and_later_ones_move(csm: User) -> None:
    wave = launched(csm)
    deliver_mail({})
    monday = NOW + timedelta(days=5)
    with time_machine.travel(monday):
        send_due_reminders({})
    assert [one.reminders_sent for one in invitations_of(wave)][:2] == [1, 1]
    stands = plan_of(wave)
    with pytest.raises(DomainError, match=r"working day 3 was sent to 2 already"), transaction():
        change_wave(wave, replace(stands, reminder_days=(4, 8)), by=csm, now=monday)
    later = replace(stands, reminder_days=(3, 10))
    assert effects_of(wave, later, now=monday).moved == 2
    for is_change in (True, False):
        with transaction():
            assert change_wave(wave, later, by=csm, now=monday) is is_change
    assert [one.reminder_due_at and one.reminder_due_at.day for one in invitations_of(wave)][:2] == [25, 25]
    # Whoever has not been asked yet is reminded as the wave says when they are, or not at all.
    gone = replace(later, reminder_days=(3,))
    assert effects_of(wave, gone, now=monday).dropped == 2
    with transaction():
        change_wave(wave, gone, by=csm, now=monday)
    assert [one.reminder_due_at is not None for one in invitations_of(wave)] == [False, False, True]


def test_another_end_reminds_those_there_was_no_time_for(csm: User) -> None:
    wave = a_wave(csm, closes_at=NOW + timedelta(days=1))
    invitation = an_invitation(wave, reminder_due_at=None)
    with transaction():
        extend(wave, NOW + timedelta(days=20), now=NOW)
    assert invitation.reminder_due_at is not None
    with pytest.raises(DomainError, match="in the future"), transaction():
        extend(wave, NOW, now=NOW)


def test_a_later_last_day_lets_leave_what_was_not_sent_in_time(client: CheckingClient, csm: User) -> None:
    wave = launched(csm)
    last = NOW + timedelta(hours=1)
    with transaction():
        change_wave(wave, replace(plan_of(wave), send_by=last), by=csm, now=NOW)
        gone = invitations_of(wave)[0]
        gone.contact.status = ContactStatus.LEFT
        for message in messages_for(wave):
            message.next_attempt_at = last - timedelta(minutes=1)
    after = last + timedelta(minutes=5)
    with time_machine.travel(after):
        sweep_mail({})
        assert [one.state for one in invitations_of(wave)] == ["gone", "too_late", "too_late"]
        later = replace(plan_of(wave), send_by=NOW + timedelta(days=3))
        assert effects_of(wave, later, now=after).revived == 2
        with transaction():
            change_wave(wave, later, by=csm, now=after)
        assert [one.state for one in invitations_of(wave)] == ["gone", "planned", "planned"]
        assert {one.send_by for one in messages_for(wave)[1:]} == {later.send_by}
        deliver_mail({})
        sweep_mail({})
    assert [one.state for one in invitations_of(wave)] == ["gone", "delivered", "delivered"]
    assert all(one.reminder_due_at is not None for one in invitations_of(wave)[1:])
    with pytest.raises(DomainError, match="not over"):
        effects_of(wave, replace(later, send_by=NOW - timedelta(days=1)), now=after)


def test_after_the_last_day_nobody_new_is_asked_and_a_pilot_moves_it(csm: User) -> None:
    wave = launched(csm, 10, pilot_percent=20)
    last = NOW + timedelta(days=2)
    with transaction():
        change_wave(wave, replace(plan_of(wave), send_by=last), by=csm, now=NOW)
    later = last + timedelta(hours=1)
    there = audience(wave, now=later)
    assert [one.reason for one in there.excluded] == [ExclusionReason.TOO_LATE] * 8
    with transaction():
        release_pilot(wave, by=csm, now=later)
    assert wave.send_by == last + timedelta(days=2, hours=1)
    assert not audience(wave, now=later).excluded
    with time_machine.travel(later):
        run_launch({"wave_id": wave.id})
    assert {one.send_by for one in messages_for(wave)} == {last, wave.send_by}
    assert len(invitations_of(wave)) == 10
    assert {one.state for one in invitations_of(wave)} == {InvitationState.PLANNED}
