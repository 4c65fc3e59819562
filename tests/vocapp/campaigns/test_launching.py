"""From a draft to planned invitations."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_persona, a_wave, an_account, an_invitation
from tests.vocapp.campaigns.builders import a_draft, invitations_of, messages_for
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns import launching
from vocapp.campaigns.audience import audience
from vocapp.campaigns.launching import launch_wave, open_wave, plan_invitations
from vocapp.campaigns.models import Exclusion, Wave, wave_accounts
from vocapp.campaigns.queries import invitation_by_token
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.jobs import Job
from vocapp.core.tokens import derive_token
from vocapp.outbox.service import suppress_address
from vocapp.workflows import launch_wave as launch_workflow
from vocapp.workflows.launch_wave import launch_wave as run_launch

pytestmark = pytest.mark.usefixtures("app")


def launch(wave: Wave, **times: datetime) -> None:
    with transaction():
        launch_wave(wave, at=times.get("at"), closes_at=times.get("closes_at"), now=NOW)


def run(wave: Wave, *, at: datetime = NOW) -> None:
    with time_machine.travel(at, tick=False):
        run_launch({"wave_id": wave.id})


def reasons_of(wave: Wave) -> dict[int, str]:
    rows = db.session.execute(
        select(Exclusion.contact_id, Exclusion.reason).where(Exclusion.wave_id == wave.id)
    )
    return dict(rows.all())


def test_a_launch_plans_an_invitation_and_its_mail_for_everybody_asked() -> None:
    account = an_account()
    people = [a_contact(account), a_contact(account)]
    wave = a_draft(account)
    launch(wave)
    run(wave)
    invitations = invitations_of(wave)
    assert [invitation.contact_id for invitation in invitations] == [person.id for person in people]
    assert [message.key for message in messages_for(wave)] == [f"invitation:{i.id}" for i in invitations]


def test_the_mail_comes_from_the_owner_and_answers_go_to_them() -> None:
    wave = a_draft(a_contact(language="de").account)
    launch(wave)
    run(wave)
    (message,) = messages_for(wave)
    assert (message.from_name, message.reply_to, message.language) == ("Ana Costa", wave.owner.email, "de")


def test_the_link_of_an_invitation_leads_back_to_it() -> None:
    wave = a_draft(a_contact().account)
    launch(wave)
    run(wave)
    (invitation,) = invitations_of(wave)
    token = derive_token(gateways().settings.secret_key, "answer", invitation.nonce)
    assert invitation_by_token(token) == invitation
    assert invitation_by_token(token[:-1]) is None


def test_an_invitation_keeps_the_heaviest_persona_of_its_person() -> None:
    wave = a_draft(a_contact(personas=("champion", "decision_maker")).account)
    launch(wave)
    run(wave)
    assert invitations_of(wave)[0].persona_id == a_persona("decision_maker").id


def test_a_person_without_a_persona_is_asked() -> None:
    wave = a_draft(a_contact(personas=()).account)
    launch(wave)
    run(wave)
    assert [invitation.persona_id for invitation in invitations_of(wave)] == [None]


def test_everybody_who_is_not_asked_has_a_reason_on_record() -> None:
    account = an_account()
    asked = a_contact(account)
    left = a_contact(account, status=ContactStatus.LEFT)
    role = a_contact(account, is_role_address=True)
    suppressed = a_contact(account)
    with transaction():
        suppress_address(suppressed.email, reason="asked not to be written to", source="test")
    wave = a_draft(account)
    launch(wave)
    run(wave)
    assert [invitation.contact_id for invitation in invitations_of(wave)] == [asked.id]
    assert reasons_of(wave) == {left.id: "left", role.id: "role_address", suppressed.id: "suppressed"}


def test_somebody_asked_in_another_wave_last_month_rests_even_under_another_record() -> None:
    contact = a_contact()
    month_ago = NOW - timedelta(days=30)
    an_invitation(contact=contact, sent_at=month_ago, created_at=month_ago)
    twin = a_contact(email=contact.email)
    people = audience(a_draft(twin.account), now=NOW).people
    assert [person.reason for person in people] == [ExclusionReason.ASKED_RECENTLY]


def test_a_mail_that_came_back_asked_nobody() -> None:
    contact = a_contact()
    an_invitation(contact=contact, state=InvitationState.BOUNCED, created_at=NOW - timedelta(days=30))
    people = audience(a_draft(contact.account), now=NOW).people
    assert [person.reason for person in people] == [None]


def test_people_of_a_lost_account_are_left_alone() -> None:
    wave = a_draft(a_contact(an_account(status=AccountStatus.CHURNED)).account, a_contact().account)
    assert [person.reason for person in audience(wave, now=NOW).excluded] == [ExclusionReason.ACCOUNT_CHURNED]


def test_launching_twice_doubles_nothing() -> None:
    account = an_account()
    for _ in range(3):
        a_contact(account)
    wave = a_draft(account)
    launch(wave)
    run(wave)
    links = [invitation.token_hash for invitation in invitations_of(wave)]
    run(wave)
    assert [invitation.token_hash for invitation in invitations_of(wave)] == links
    assert len(messages_for(wave)) == 3


def test_a_launch_killed_in_the_middle_is_completed_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    account = an_account()
    for _ in range(7):
        a_contact(account)
    wave = a_draft(account)
    launch(wave)
    monkeypatch.setattr(launch_workflow, "BATCH", 2)
    planned = 0

    def dying(*arguments: object, **options: object) -> bool:
        nonlocal planned
        planned += 1
        if planned == 3:
            raise KeyboardInterrupt
        return launching.plan_invitations(*arguments, **options)

    monkeypatch.setattr(launch_workflow, "plan_invitations", dying)
    with pytest.raises(KeyboardInterrupt):
        run(wave)
    first = [invitation.token_hash for invitation in invitations_of(wave)]
    run(wave)
    everybody = invitations_of(wave)
    assert len(first) == 4
    assert [invitation.token_hash for invitation in everybody][:4] == first
    assert len(everybody) == len(messages_for(wave)) == 7


def test_who_opted_out_between_launch_and_its_time_is_not_asked() -> None:
    account = an_account()
    stays, leaves = a_contact(account), a_contact(account)
    wave = a_draft(account)
    later = NOW + timedelta(days=2)
    launch(wave, at=later)
    with transaction():
        leaves.status = ContactStatus.OPTED_OUT
    run(wave, at=later)
    assert [invitation.contact_id for invitation in invitations_of(wave)] == [stays.id]


def test_a_scheduled_wave_waits_for_its_time() -> None:
    wave = a_draft(a_contact().account)
    later = NOW + timedelta(days=2)
    launch(wave, at=later)
    job = db.session.scalars(select(Job).where(Job.kind == "launch_wave")).one()
    assert (wave.state, wave.launched_at, job.run_at) == (WaveState.SCHEDULED, None, later)


def test_a_cancelled_wave_asks_nobody() -> None:
    wave = a_draft(a_contact().account)
    launch(wave, at=NOW + timedelta(days=2))
    with transaction():
        wave.state = WaveState.CANCELLED
    run(wave, at=NOW + timedelta(days=2))
    assert invitations_of(wave) == []


def test_a_wave_that_starts_after_its_own_end_still_runs_its_full_length() -> None:
    wave = a_draft(a_contact().account)
    launch(wave, at=NOW + timedelta(days=1), closes_at=NOW + timedelta(days=3))
    run(wave, at=NOW + timedelta(days=5))
    assert wave.closes_at == NOW + timedelta(days=7)


def test_the_reminder_is_due_at_nine_where_the_person_lives() -> None:
    a_company(time_zone="Europe/Berlin")
    account = an_account()
    a_contact(account, time_zone="Asia/Kolkata")
    a_contact(account)
    wave = a_draft(account)
    launch(wave)
    run(wave)
    due = [invitation.reminder_due_at for invitation in invitations_of(wave)]
    assert due == [
        datetime(2026, 3, 16, 3, 30, tzinfo=UTC),
        datetime(2026, 3, 16, 8, 0, tzinfo=UTC),
    ]


def test_nobody_is_reminded_after_the_wave_closed() -> None:
    wave = a_draft(a_contact().account)
    launch(wave, closes_at=NOW + timedelta(days=2))
    run(wave)
    assert invitations_of(wave)[0].reminder_due_at is None


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (
            {"at": NOW - timedelta(hours=1)},
            "The launch time lies in the past; choose a later one, or launch now.",
        ),
        ({"closes_at": NOW}, "The wave would close before it is launched; choose a later end."),
        ({"closes_at": NOW + timedelta(days=400)}, "A wave runs at most a year; choose an earlier end."),
    ],
)
def test_impossible_times_are_refused(times: dict[str, datetime], sentence: str) -> None:
    wave = a_draft(a_contact().account)
    with pytest.raises(DomainError) as refusal:
        launch(wave, **times)
    assert str(refusal.value) == sentence


def test_a_wave_without_accounts_is_refused() -> None:
    with pytest.raises(DomainError, match="Choose at least one account"):
        launch(a_draft())


def test_a_wave_with_nobody_left_to_ask_is_refused() -> None:
    with pytest.raises(DomainError, match="Nobody is left to ask"):
        launch(a_draft(a_contact(status=ContactStatus.LEFT).account))


def test_a_wave_whose_people_all_rest_says_from_when_they_can_be_asked() -> None:
    contact = a_contact()
    an_invitation(contact=contact, sent_at=NOW - timedelta(days=30))
    with pytest.raises(
        DomainError, match=r"1 were asked lately or are away, and the first may be asked from 2026-04-30"
    ):
        launch(a_draft(contact.account))


def test_a_later_launch_finds_people_rested_who_are_not_today() -> None:
    contact = a_contact()
    an_invitation(contact=contact, sent_at=NOW - timedelta(days=30))
    wave = a_draft(contact.account)
    launch(wave, at=NOW + timedelta(days=51))
    assert wave.state == WaveState.SCHEDULED


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        ("x" * 10_000, "Shorten the note to 2,000 characters; it has 10,000."),
        ("<b>hello</b>", "Write the note as plain text; HTML tags would be read as they stand."),
        (
            "Dear {{nickname}}",
            "Nobody fills {{nickname}}; use {{first_name}}, {{company}} or {{sender}}.",
        ),
    ],
)
def test_a_note_that_cannot_be_sent_stops_the_launch_with_one_sentence(note: str, sentence: str) -> None:
    wave = a_draft(a_contact().account, personal_note=note)
    with pytest.raises(DomainError) as refusal:
        launch(wave)
    assert str(refusal.value) == sentence


def test_a_wave_is_launched_once() -> None:
    wave = a_wave()
    with pytest.raises(DomainError, match="launched already"):
        launch(wave)


def test_a_wave_keeps_whose_account_it_asked_when_it_began() -> None:
    account = a_contact().account
    wave = a_draft(account)
    owner_id, wave_id = account.owner_id, wave.id
    launch(wave)
    with transaction():
        account.owner_id = None
    kept = select(wave_accounts.c.owner_id).where(wave_accounts.c.wave_id == wave_id)
    assert (owner_id is not None, db.session.scalars(kept).all()) == (True, [owner_id])


def test_of_two_waves_launched_at_the_same_moment_one_asks_a_person() -> None:
    account = a_contact().account
    waves = [a_draft(account), a_draft(account, owner=account.owner)]
    for wave in waves:
        launch(wave, at=NOW)
    with transaction():
        for wave in waves:
            open_wave(wave.id, now=NOW)
    rosters = [audience(wave, now=NOW) for wave in waves]
    for wave, roster in zip(waves, rosters, strict=True):
        with transaction():
            plan_invitations(wave.id, roster.asked, now=NOW)
    assert [len(invitations_of(wave)) for wave in waves] == [1, 0]
    assert list(reasons_of(waves[1]).values()) == [ExclusionReason.ASKED_RECENTLY]
