"""Being away: what it says of a person, and what waits for them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.builders import NOW, a_contact, a_user
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.workdays import place_of
from vocapp.freshness.absence import record_absence, say_away
from vocapp.freshness.models import Evidence
from vocapp.freshness.service import confirm, undo_evidence
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message

pytestmark = pytest.mark.usefixtures("app")
BERLIN = place_of("Europe/Berlin")


def told(
    contact: Contact, until: date | None, *, number: int = 1, is_long: bool = False, at: datetime = NOW
) -> Evidence | None:
    with transaction():
        return record_absence(
            contact, until=until, is_long=is_long, source_key=number, now=at + timedelta(minutes=number)
        )


def waiting_mail(contact: Contact, *, key: str = "invitation:1", has_hours: bool = True) -> Message:
    with transaction():
        return queue_message(
            key=key,
            template="invitation",
            context={},
            subject_kind="invitation",
            subject_id=1,
            to_address=contact.email,
            send_at=datetime(2090, 3, 1, 8, tzinfo=UTC) if not has_hours else None,
            hours=BERLIN if has_hours else None,
        )


def test_who_is_away_is_there_and_stays_what_they_were() -> None:
    contact = a_contact(verified_on=None)
    told(contact, date(2026, 3, 20))
    assert contact.absent_until == date(2026, 3, 20)
    assert (contact.status, contact.verified_on) == (ContactStatus.ACTIVE, None)


def test_the_later_day_wins_in_any_order() -> None:
    contact = a_contact()
    told(contact, date(2026, 3, 30), number=1)
    told(contact, date(2026, 3, 20), number=2)
    assert contact.absent_until == date(2026, 3, 30)
    told(contact, date(2026, 4, 2), number=3)
    assert contact.absent_until == date(2026, 4, 2)


def test_an_absence_that_is_over_changes_nothing() -> None:
    contact = a_contact()
    assert told(contact, date(2026, 3, 10), is_long=True) is not None
    assert (contact.absent_until, contact.is_on_leave) == (None, False)


def test_a_day_nobody_can_know_is_a_leave_without_an_end() -> None:
    contact = a_contact()
    mail = waiting_mail(contact)
    due_at = mail.next_attempt_at
    told(contact, date(2099, 12, 31))
    assert (contact.absent_until, contact.is_on_leave) == (None, True)
    db.session.expire_all()
    assert mail.next_attempt_at == due_at


@pytest.mark.parametrize(("days", "is_day"), [(730, True), (731, False)])
def test_two_years_are_the_longest_a_mail_can_say(days: int, is_day: bool) -> None:
    contact = a_contact()
    until = NOW.date() + timedelta(days=days)
    told(contact, until)
    assert (contact.absent_until, contact.is_on_leave) == (until if is_day else None, not is_day)


def test_the_same_mail_tells_it_once() -> None:
    contact = a_contact()
    assert told(contact, date(2026, 3, 20)) is not None
    assert told(contact, date(2026, 3, 20)) is None


def test_a_leave_without_an_end_lasts_until_they_are_heard_of_again() -> None:
    contact = a_contact()
    told(contact, None, is_long=True)
    assert (contact.absent_until, contact.is_on_leave) == (None, True)
    csm = a_user()
    with transaction():
        confirm(contact, by=csm, now=NOW + timedelta(days=9))
    assert not contact.is_on_leave


def test_being_away_without_a_day_says_only_that_they_are_there() -> None:
    contact = a_contact()
    told(contact, date(2026, 3, 20), number=1)
    told(contact, None, number=2)
    assert (contact.absent_until, contact.is_on_leave) == (date(2026, 3, 20), False)


def test_an_absence_taken_back_leaves_the_one_before() -> None:
    contact = a_contact()
    told(contact, date(2026, 3, 20), number=1)
    later = told(contact, date(2026, 3, 30), number=2)
    assert later is not None
    csm = a_user()
    with transaction():
        undo_evidence(later, by=csm, now=NOW + timedelta(days=1))
    assert contact.absent_until == date(2026, 3, 20)


def test_a_mail_that_waits_waits_for_the_second_day_after() -> None:
    contact = a_contact()
    asked, password = waiting_mail(contact), waiting_mail(contact, key="other", has_hours=False)
    before = password.next_attempt_at
    told(contact, date(2090, 3, 8), at=datetime(2090, 3, 1, tzinfo=UTC))
    db.session.refresh(asked)
    db.session.refresh(password)
    # 10 March 2090 is a Friday.
    assert asked.next_attempt_at == datetime(2090, 3, 10, 8, tzinfo=UTC)
    assert asked.state == MessageState.QUEUED
    assert password.next_attempt_at == before
    told(contact, date(2090, 3, 9), number=2, at=datetime(2090, 3, 1, tzinfo=UTC))
    db.session.refresh(asked)
    assert asked.next_attempt_at == datetime(2090, 3, 13, 8, tzinfo=UTC)


def test_one_of_us_says_until_when_somebody_is_away_and_their_mail_waits() -> None:
    contact, csm = a_contact(), a_user(name="Ana Silva")
    message = waiting_mail(contact)
    until = (NOW + timedelta(days=9)).date()
    with transaction():
        evidence = say_away(contact, until=until, by=csm, now=NOW)
    assert evidence is not None
    assert (evidence.source, evidence.details["by"]) == ("csm", "Ana Silva")
    db.session.expire_all()
    assert db.session.get_one(Contact, contact.id).absent_until == until
    assert db.session.get_one(Message, message.id).next_attempt_at.date() > until


@pytest.mark.parametrize("days", [-1, 900])
def test_an_absence_that_is_over_or_too_far_away_is_refused(days: int) -> None:
    contact, csm = a_contact(), a_user()
    with pytest.raises(DomainError), transaction():
        say_away(contact, until=(NOW + timedelta(days=days)).date(), by=csm, now=NOW)
    assert db.session.get_one(Contact, contact.id).absent_until is None


def test_what_one_of_us_said_can_be_taken_back() -> None:
    contact, csm = a_contact(), a_user()
    with transaction():
        evidence = say_away(contact, until=(NOW + timedelta(days=9)).date(), by=csm, now=NOW)
    assert evidence is not None
    with transaction():
        undo_evidence(evidence, by=csm, now=NOW + timedelta(hours=1))
    assert db.session.get_one(Contact, contact.id).absent_until is None


def test_what_one_of_us_says_last_corrects_what_was_said_before() -> None:
    contact, csm = a_contact(), a_user()
    told(contact, (NOW + timedelta(days=60)).date())
    earlier = (NOW + timedelta(days=3)).date()
    with transaction():
        say_away(contact, until=earlier, by=csm, now=NOW + timedelta(hours=1))
    db.session.expire_all()
    assert db.session.get_one(Contact, contact.id).absent_until == earlier
