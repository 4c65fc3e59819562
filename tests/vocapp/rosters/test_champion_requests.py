"""Asking a champion: who may be asked, how often, and the life of a request."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_user, an_account
from tests.vocapp.rosters.champion_builders import (
    a_champion,
    a_request,
    an_account_of_acme,
    evidence,
    messages_of,
)
from vocapp.accounts.models import Contact, KnowingRules
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address
from vocapp.rosters.champion import (
    expire_requests,
    queue_due_reminders,
    record_request_refused,
    record_requests_sent,
    request_roster,
    withdraw_request,
)
from vocapp.rosters.champion_queries import asked_lately, people_to_ask
from vocapp.rosters.champion_rules import is_page_open, may_follow
from vocapp.rosters.models import RosterRequest
from vocapp.rosters.rules import RequestState

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def ask(champion, *, account=None, note="", now=NOW):
    with transaction():
        return request_roster(
            account or champion.account, champion, sender=champion.account.owner, note=note, now=now
        )


def test_asking_queues_one_mail_in_the_csms_name_with_answers_to_them():
    request = ask(a_champion(language="de"))
    (mail,) = messages_of(request)
    assert (mail.key, mail.template) == (f"roster_request:{request.id}", "roster_request")
    assert (mail.from_name, mail.reply_to) == ("Ana Silva", request.sender.email)
    assert (mail.to_address, mail.language) == ("zenobia@acme.example", "de")
    assert mail.send_by == request.expires_at == NOW + timedelta(days=21)
    assert request.state == RequestState.PLANNED
    assert mail.context == {}


def test_an_account_is_asked_once_a_quarter_and_told_from_when_on():
    champion = a_champion()
    ask(champion)
    other = a_contact(champion.account)
    for day in (0, 89):
        with pytest.raises(DomainError, match="you may ask again from 2026-06-09"):
            ask(other, now=NOW + timedelta(days=day))
    assert ask(other, now=datetime(2026, 6, 9, tzinfo=UTC)).contact_id == other.id


def test_the_days_between_are_a_house_rule():
    champion = a_champion()
    rules = {"verified_days": 90, "silent_waves": 4, "roster_days": 30, "assessment_days": 90}
    with transaction():
        db.session.add(KnowingRules(**rules, champion_every_days=10, champion_open_days=5))
    assert ask(champion).expires_at == NOW + timedelta(days=5)
    assert ask(champion, now=NOW + timedelta(days=10)).id


def test_other_accounts_have_their_own_turn():
    owner = a_user()
    first, second = (
        an_account_of_acme(owner, external_id=key, external_key=key, name=key) for key in ("one", "two")
    )
    ask(a_champion(first))
    assert ask(a_champion(second)).account_id == second.id


@pytest.mark.parametrize(
    ("state", "was_sent", "counts"),
    [
        (RequestState.PLANNED, False, True),
        (RequestState.SENT, True, True),
        (RequestState.ANSWERED, True, True),
        (RequestState.EXPIRED, False, True),
        (RequestState.CANCELLED, False, False),
        (RequestState.CANCELLED, True, True),
        (RequestState.FAILED, False, False),
    ],
)
def test_only_a_mail_that_never_left_uses_up_no_turn(state, was_sent, counts):
    champion = a_champion()
    a_request(champion, state=state, sent_at=NOW if was_sent else None)
    assert (champion.account_id in asked_lately([champion.account_id], now=NOW)) is counts
    if counts:
        with pytest.raises(DomainError, match="asked lately"):
            ask(champion)
    else:
        assert ask(champion).id


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"status": ContactStatus.LEFT}, "has left"),
        ({"status": ContactStatus.BOUNCED}, "comes back"),
        ({"status": ContactStatus.OPTED_OUT}, "does not want to be asked"),
        ({"is_role_address": True}, "shared mailbox"),
    ],
)
def test_whom_nobody_may_write_to_is_not_asked(values, sentence):
    champion = a_champion(**values)
    with pytest.raises(DomainError, match=sentence):
        ask(champion)
    assert db.session.scalar(select(func.count()).select_from(RosterRequest)) == 0


def test_a_suppressed_address_is_not_asked():
    champion = a_champion()
    with transaction():
        suppress_address(champion.email.upper(), reason="opted_out", source="test")
    with pytest.raises(DomainError, match="does not want to be asked"):
        ask(champion)
    assert people_to_ask(champion.account_id) == []


def test_a_person_of_another_account_or_a_former_customer_is_not_asked():
    champion = a_champion()
    with pytest.raises(DomainError, match="is not known at"):
        ask(champion, account=an_account())
    with transaction():
        champion.account.status = AccountStatus.CHURNED
    with pytest.raises(DomainError, match="no customer any more"):
        ask(champion)


@pytest.mark.parametrize("note", ["x" * 2_001, "<b>Hi</b>", "Dear {{frist_name}}"])
def test_a_note_that_cannot_be_sent_is_refused(note):
    with pytest.raises(DomainError):
        ask(a_champion(), note=note)


def test_champions_come_first_among_those_one_could_ask():
    champion = a_champion(last_name="Zz")
    a_contact(champion.account, personas=("admin",), last_name="Aa")
    assert [person.last_name for person in people_to_ask(champion.account_id)] == ["Zz", "Aa"]


def test_a_mail_that_was_taken_makes_the_request_sent_and_due_for_one_reminder():
    request = ask(a_champion())
    (mail,) = messages_of(request)
    for _time in range(2):
        with transaction():
            record_requests_sent([(mail, NOW)])
    assert (request.state, request.sent_at) == (RequestState.SENT, NOW)
    # 09:00 on the fifth working day after a Wednesday.
    assert request.reminder_due_at == datetime(2026, 3, 18, 9, tzinfo=UTC)


def test_an_answer_that_came_before_the_mail_was_noted_stays_an_answer():
    request = a_request(is_sent=False, state=RequestState.ANSWERED)
    with transaction():
        record_requests_sent([(messages_of(request)[0], NOW)])
    assert (request.state, request.sent_at, request.reminder_due_at) == (RequestState.ANSWERED, NOW, None)


def test_a_reminder_goes_out_once_and_in_the_morning(clock):
    request = a_request(reminder_due_at=datetime(2026, 3, 18, 9, tzinfo=UTC))
    night = datetime(2026, 3, 18, 22, tzinfo=UTC)
    clock.move_to(night)
    with transaction():
        assert queue_due_reminders(now=night) == 1
    assert request.reminder_due_at == datetime(2026, 3, 19, 9, tzinfo=UTC)
    morning = datetime(2026, 3, 19, 9, 1, tzinfo=UTC)
    clock.move_to(morning)
    for expected in (1, 0):
        with transaction():
            assert queue_due_reminders(now=morning) == expected
    assert [mail.key for mail in messages_of(request)][1:] == [f"roster_reminder:{request.id}"]
    assert request.reminded_at == morning


@pytest.mark.parametrize("state", [RequestState.ANSWERED, RequestState.CANCELLED, RequestState.FAILED])
def test_nobody_is_reminded_of_what_is_over(state):
    request = a_request(state=state, reminder_due_at=NOW)
    with transaction():
        queue_due_reminders(now=NOW)
    assert len(messages_of(request)) == 1
    assert request.reminder_due_at is None


def test_a_request_nobody_knows_the_fate_of_is_repaired_by_the_reminder():
    request = a_request(is_sent=False, reminder_due_at=NOW)
    with transaction():
        messages_of(request)[0].state = MessageState.UNKNOWN
        queue_due_reminders(now=NOW)
    assert len(messages_of(request)) == 2


def test_what_nobody_answers_ends():
    request = a_request()
    answered = a_request(
        a_champion(an_account_of_acme(external_id="b", external_key="b")), state=RequestState.ANSWERED
    )
    later = NOW + timedelta(days=21)
    with transaction():
        assert expire_requests(now=later) == 1
    assert (request.state, answered.state) == (RequestState.EXPIRED, RequestState.ANSWERED)


def test_a_refused_mail_fails_the_request_and_a_dead_address_speaks_against_the_contact():
    request = ask(a_champion())
    (mail,) = messages_of(request)
    with transaction():
        record_request_refused(mail, now=NOW, is_address_dead=True)
    assert request.state == RequestState.FAILED
    assert evidence() == [(request.contact_id, "bounced")]
    assert db.session.get(Contact, request.contact_id).status == ContactStatus.BOUNCED


def test_withdrawing_twice_is_one_act():
    request = a_request(is_sent=False)
    for _time in range(2):
        with transaction():
            withdraw_request(request, by=request.sender, now=NOW + timedelta(minutes=1))
    assert request.state == RequestState.CANCELLED
    assert [mail.state for mail in messages_of(request)] == [MessageState.CANCELLED]
    acts = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("champion_")))
    assert sorted(acts) == ["champion_asked", "champion_withdrawn"]


def test_withdrawing_an_answered_request_closes_its_page_and_keeps_the_answer():
    request = a_request(state=RequestState.ANSWERED)
    with transaction():
        withdraw_request(request, by=request.sender, now=NOW + timedelta(minutes=1))
    assert request.state == RequestState.ANSWERED
    assert not is_page_open(request.state, request.expires_at, now=NOW + timedelta(minutes=1))


@pytest.mark.parametrize("final", [RequestState.EXPIRED, RequestState.CANCELLED, RequestState.FAILED])
def test_nothing_follows_an_end(final):
    assert not any(may_follow(final, state) for state in RequestState)


def test_a_page_is_open_until_its_end_to_the_moment():
    end = datetime(2026, 4, 1, tzinfo=UTC)
    assert is_page_open(RequestState.SENT, end, now=end - timedelta(microseconds=1))
    assert not is_page_open(RequestState.SENT, end, now=end)
