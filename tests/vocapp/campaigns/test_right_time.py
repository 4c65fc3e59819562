"""When the mails of a wave leave, from launch to its end, by a clock that tests move."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.vocapp.campaigns.builders import a_draft, extend, invitations_of, messages_for
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Exclusion, Wave
from vocapp.campaigns.rules import ExclusionReason, InvitationState
from vocapp.campaigns.service import close_wave, settle_invitation
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.workdays import next_polite_moment, place_of
from vocapp.freshness.absence import record_absence
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.worker import run_due_jobs
from vocapp.workflows.ask_rested import ask_rested_people
from vocapp.workflows.close_waves import close_due_waves
from vocapp.workflows.deliver_mail import sweep_mail
from vocapp.workflows.remind import send_due_reminders

HOUR = timedelta(hours=1)
NIGHT = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def inside(separate_app: Flask) -> Iterator[Flask]:
    with separate_app.app_context():
        a_company()
        yield separate_app


def an_account_in(country: str = "", **values: object) -> Account:
    return an_account(country=country, **values)


def launched(*accounts: Account, at: datetime = NOW, days: int = 21, **values: object) -> Wave:
    owner = accounts[0].owner or a_user(name="Ana Costa")
    wave = a_draft(*accounts, owner=owner, **values)
    with transaction():
        launch_wave(wave, at=None, closes_at=at + timedelta(days=days), now=at)
    return wave


def pass_time(clock: Any, *, until: datetime, step: timedelta = HOUR) -> None:
    """Let the clock go on, and every periodic job that concerns waves run each hour."""
    moment = datetime.now(UTC)
    while moment < until:
        moment += step
        clock.move_to(moment)
        send_due_reminders({})
        ask_rested_people({})
        sweep_mail({})
        close_due_waves({})
        run_due_jobs()


def sent(wave: Wave) -> list[tuple[str, datetime]]:
    """What was sent for a wave and when, in its order."""
    mails = [(mail.template, mail.sent_at) for mail in messages_for(wave) if mail.sent_at is not None]
    return sorted(mails, key=lambda mail: mail[1])


def excluded(wave: Wave, contact: Contact) -> Exclusion | None:
    rows = select(Exclusion).where(Exclusion.wave_id == wave.id, Exclusion.contact_id == contact.id)
    return db.session.scalar(rows.execution_options(populate_existing=True))


def away(contact: Contact, until: date | None, *, is_long: bool = False, number: int = 1) -> None:
    with transaction():
        record_absence(contact, until=until, is_long=is_long, source_key=number, now=datetime.now(UTC))


def test_a_wave_launched_at_night_waits_for_the_morning() -> None:
    with time_machine.travel(NIGHT, tick=False) as clock:
        account = an_account()
        a_contact(account, time_zone="Europe/Berlin")
        wave = launched(account, at=NIGHT)
        run_due_jobs()
        assert sent(wave) == []
        pass_time(clock, until=NOW)
        assert sent(wave) == [("invitation", datetime(2026, 3, 11, 8, tzinfo=UTC))]


def test_a_wave_that_heeds_no_hours_leaves_at_once() -> None:
    with time_machine.travel(NIGHT, tick=False):
        account = an_account()
        a_contact(account, time_zone="Europe/Berlin")
        wave = launched(account, at=NIGHT, is_any_hour=True)
        run_due_jobs()
        assert sent(wave) == [("invitation", NIGHT)]


def test_a_mail_that_could_not_leave_in_time_waits_for_the_next_day() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        a_contact(account)
        wave = launched(account)
        # The worker was away until after five; from then on it looks every half past.
        clock.move_to(NOW.replace(hour=17, minute=30))
        run_due_jobs()
        assert sent(wave) == []
        pass_time(clock, until=NOW + timedelta(days=1))
        assert sent(wave) == [("invitation", datetime(2026, 3, 12, 9, 30, tzinfo=UTC))]


def test_holidays_are_those_of_the_country_of_the_account() -> None:
    # Good Friday and Easter Monday of 2026.
    friday = datetime(2026, 4, 3, 10, 0, tzinfo=UTC)
    with time_machine.travel(friday, tick=False) as clock:
        german, french = an_account_in("Germany"), an_account_in("")
        a_contact(german)
        a_contact(french, time_zone="Europe/Paris")
        wave = launched(german, french, at=friday)
        run_due_jobs()
        assert len(sent(wave)) == 1
        pass_time(clock, until=friday + timedelta(days=5))
        (german_mail,) = [mail for mail in messages_for(wave) if mail.hours_country == "DE"]
        assert german_mail.sent_at == datetime(2026, 4, 7, 7, tzinfo=UTC)
        assert german_mail.hours_zone == "Europe/Berlin"


def test_reminders_come_on_working_days_three_and_eight_and_no_more() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        a_contact(account)
        wave = launched(account, days=40)
        pass_time(clock, until=NOW + timedelta(days=41), step=timedelta(hours=6))
        assert [(template, moment.date()) for template, moment in sent(wave)] == [
            ("invitation", date(2026, 3, 11)),
            ("reminder", date(2026, 3, 16)),
            ("reminder", date(2026, 3, 23)),
        ]
        steps = [mail.context for mail in messages_for(wave) if mail.template == "reminder"]
        assert steps == [{"step": 1}, {"step": 2}]


@pytest.mark.parametrize(
    "state", [InvitationState.COMPLETED, InvitationState.DECLINED, InvitationState.OPTED_OUT]
)
def test_after_an_answer_no_second_reminder_comes(state: InvitationState) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        a_contact(account)
        wave = launched(account)
        pass_time(clock, until=NOW + timedelta(days=6), step=timedelta(hours=6))
        with transaction():
            settle_invitation(invitations_of(wave)[0], state, datetime.now(UTC))
        pass_time(clock, until=NOW + timedelta(days=20), step=timedelta(hours=6))
        assert [template for template, _at in sent(wave)] == ["invitation", "reminder"]


def test_a_closed_wave_reminds_nobody() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        a_contact(account)
        wave = launched(account)
        pass_time(clock, until=NOW + timedelta(days=6), step=timedelta(hours=6))
        with transaction():
            close_wave(wave.id, now=datetime.now(UTC))
        pass_time(clock, until=NOW + timedelta(days=20), step=timedelta(hours=6))
        assert len(sent(wave)) == 2


def test_a_wave_that_is_extended_plans_the_reminder_its_end_had_cut_off() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        a_contact(account)
        wave = launched(account, days=9)
        pass_time(clock, until=NOW + timedelta(days=8), step=timedelta(hours=6))
        assert (invitations_of(wave)[0].reminders_sent, invitations_of(wave)[0].reminder_due_at) == (1, None)
        with transaction():
            extend(wave, NOW + timedelta(days=21), now=datetime.now(UTC))
        pass_time(clock, until=NOW + timedelta(days=21), step=timedelta(hours=6))
        assert [at.date() for template, at in sent(wave) if template == "reminder"] == [
            date(2026, 3, 16),
            date(2026, 3, 23),
        ]


def test_a_wave_may_remind_once_or_never() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        once, never = an_account(), an_account()
        a_contact(once)
        a_contact(never)
        waves = [launched(once, reminder_days=[5]), launched(never, reminder_days=[])]
        pass_time(clock, until=NOW + timedelta(days=20), step=timedelta(hours=6))
        assert [at.date() for _template, at in sent(waves[0])] == [date(2026, 3, 11), date(2026, 3, 18)]
        assert len(sent(waves[1])) == 1


def test_two_waves_and_no_contact_beyond_the_cap() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        people = [a_contact(account, time_zone=zone) for zone in ("", "Asia/Kolkata", "Pacific/Apia")]
        first = launched(account)
        pass_time(clock, until=NOW + timedelta(days=30), step=timedelta(hours=6))
        with pytest.raises(DomainError, match="3 were asked lately"):
            launched(account, at=datetime.now(UTC))
        db.session.rollback()
        pass_time(clock, until=NOW + timedelta(days=84), step=timedelta(hours=6))
        second = launched(account, at=datetime.now(UTC))
        pass_time(clock, until=NOW + timedelta(days=106), step=timedelta(hours=6))
        mails = Counter(mail.to_address for wave in (first, second) for mail in messages_for(wave))
        assert mails == {person.email: 6 for person in people}
        for wave in (first, second):
            per_person = Counter(mail.to_address for mail in messages_for(wave))
            assert max(per_person.values()) == 3
        for mail in db.session.scalars(select(Message)):
            assert mail.sent_at is not None
            assert mail.hours_zone is not None
            assert next_polite_moment(mail.sent_at, place_of(mail.hours_zone)) == mail.sent_at


def test_whoever_is_away_is_asked_two_days_after() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        contact = a_contact(account)
        away(contact, date(2026, 3, 16))
        wave = launched(account)
        pass_time(clock, until=NOW + timedelta(days=10))
        assert sent(wave)[0] == ("invitation", datetime(2026, 3, 18, 9, tzinfo=UTC))


def test_whoever_is_away_until_it_is_too_late_is_left_out_until_then() -> None:
    with time_machine.travel(NOW, tick=False):
        account = an_account()
        contact, other = a_contact(account), a_contact(account)
        on_leave = a_contact(account)
        away(contact, NOW.date() + timedelta(days=20))
        away(on_leave, None, is_long=True)
        wave = launched(account)
        run_due_jobs()
        row, leave = excluded(wave, contact), excluded(wave, on_leave)
        assert row is not None
        assert leave is not None
        assert (row.reason, row.until, row.ask_at) == (
            ExclusionReason.ABSENT,
            datetime(2026, 4, 2, 9, tzinfo=UTC),
            None,
        )
        assert (leave.reason, leave.until) == (ExclusionReason.ABSENT, None)
        assert [mail.to_address for mail in messages_for(wave)] == [other.email]


def test_who_goes_away_after_the_invitation_is_reminded_two_days_after() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        contact = a_contact(account)
        wave = launched(account, days=40)
        run_due_jobs()
        away(contact, date(2026, 3, 20))
        pass_time(clock, until=NOW + timedelta(days=39), step=timedelta(hours=1))
        # 22 March is a Sunday; the five working days between the reminders stay.
        assert [at for template, at in sent(wave) if template == "reminder"] == [
            datetime(2026, 3, 23, 9, tzinfo=UTC),
            datetime(2026, 3, 30, 9, tzinfo=UTC),
        ]


def test_an_announcement_comes_two_working_days_before_and_costs_a_reminder() -> None:
    thursday = NOW + timedelta(days=1)
    with time_machine.travel(thursday, tick=False) as clock:
        account = an_account()
        a_contact(account)
        wave = launched(account, at=thursday, has_prenotice=True)
        run_due_jobs()
        queued = {mail.template: mail for mail in messages_for(wave)}
        assert set(queued) == {"prenotice", "invitation"}
        assert queued["invitation"].next_attempt_at == datetime(2026, 3, 16, 9, tzinfo=UTC)
        assert queued["prenotice"].key == f"prenotice:{invitations_of(wave)[0].id}"
        assert invitations_of(wave)[0].state == InvitationState.PLANNED
        pass_time(clock, until=thursday + timedelta(days=20), step=timedelta(hours=6))
        assert Counter(mail.template for mail in messages_for(wave)) == {
            "prenotice": 1,
            "invitation": 1,
            "reminder": 1,
        }


def test_whose_rest_ends_during_the_wave_is_asked_then_and_once() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        contact = a_contact(account, time_zone="Asia/Kolkata")
        first = launched(account, days=14)
        pass_time(clock, until=NOW + timedelta(days=15), step=timedelta(hours=6))
        asked_at = sent(first)[0][1]
        other = a_contact(account)
        later = NOW + timedelta(days=70)
        clock.move_to(later)
        second = launched(account, at=later)
        run_due_jobs()
        row = excluded(second, contact)
        assert row is not None
        rested = asked_at + timedelta(days=80)
        assert (row.reason, row.until) == (ExclusionReason.ASKED_RECENTLY, rested)
        assert row.ask_at == next_polite_moment(rested, place_of("Asia/Kolkata"))
        pass_time(clock, until=later + timedelta(days=20), step=timedelta(hours=3))
        assert excluded(second, contact) is None
        mails = Counter((mail.template, mail.to_address) for mail in messages_for(second))
        assert mails["invitation", contact.email] == mails["invitation", other.email] == 1
        asked = [mail for mail in messages_for(second) if mail.key == f"invitation:{mail.subject_id}"]
        (again,) = [mail.sent_at for mail in asked if mail.to_address == contact.email]
        assert again is not None
        assert rested <= again <= rested + timedelta(days=3, hours=3)


def test_a_rest_that_ends_too_late_for_an_answer_is_not_waited_for_until_the_wave_is_extended() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        contact = a_contact(account)
        launched(account, days=14)
        run_due_jobs()
        a_contact(account)
        later = NOW + timedelta(days=70)
        clock.move_to(later)
        wave = launched(account, at=later, days=12)
        run_due_jobs()
        row = excluded(wave, contact)
        assert row is not None
        assert (row.until, row.ask_at) == (NOW + timedelta(days=80), None)
        with transaction():
            extend(wave, later + timedelta(days=30), now=later)
        row = excluded(wave, contact)
        assert row is not None
        assert row.ask_at == datetime(2026, 6, 1, 9, tzinfo=UTC)


def test_whoever_left_meanwhile_is_waited_for_no_longer() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        account = an_account()
        contact = a_contact(account)
        launched(account, days=14)
        run_due_jobs()
        a_contact(account)
        later = NOW + timedelta(days=70)
        clock.move_to(later)
        wave = launched(account, at=later)
        run_due_jobs()
        with transaction():
            contact.status = "left"
        pass_time(clock, until=later + timedelta(days=14), step=timedelta(hours=6))
        row = excluded(wave, contact)
        assert row is not None
        assert (row.reason, row.ask_at) == (ExclusionReason.LEFT, None)


def test_over_both_changes_of_the_clocks_everybody_is_asked_at_nine() -> None:
    places = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia")
    for saturday in (datetime(2028, 2, 26, 12, tzinfo=UTC), datetime(2026, 3, 28, 12, tzinfo=UTC)):
        with time_machine.travel(saturday, tick=False) as clock:
            account = an_account()
            for zone in places:
                a_contact(account, time_zone=zone)
            wave = launched(account, at=saturday, reminder_days=[1])
            pass_time(clock, until=saturday + timedelta(days=5), step=timedelta(minutes=30))
            for mail in messages_for(wave):
                assert mail.state == MessageState.SENT
                assert mail.sent_at is not None
                assert mail.hours_zone is not None
                local = mail.sent_at.astimezone(ZoneInfo(mail.hours_zone))
                assert (local.hour, local.weekday()) == (9, 0 if mail.template == "invitation" else 1)
            assert Counter(mail.template for mail in messages_for(wave)) == {"invitation": 5, "reminder": 5}
