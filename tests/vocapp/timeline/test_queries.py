"""Stories read from the database: every source, every page, a fixed number of statements."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from tests.builders import NOW, a_contact, a_response, a_user, a_wave, an_account, an_invitation, save
from vocapp.accounts.models import Account, Contact, Note
from vocapp.accounts.service import change_account, change_contact
from vocapp.assessments.models import Assessment
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.duplicates.models import ContactMerge
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.inbound.models import InboundMail
from vocapp.questionnaires.models import Survey
from vocapp.relationship.models import AccountScore
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.responses.models import Referral
from vocapp.rosters.models import RosterConfirmation, RosterLine, RosterRequest
from vocapp.signals.models import AccountEvent
from vocapp.timeline.queries import last_answers, story_of, wave_runs
from vocapp.timeline.sources import Scope
from vocapp.timeline.story import Event, EventKind, Topic

pytestmark = pytest.mark.usefixtures("app")

K = EventKind
numbers = itertools.count(1)
FOR_ACCOUNTS = {K.WAVE_LAUNCHED, K.WAVE_CLOSED, K.STATUS_CHANGED, K.RENEWAL, K.RENEWAL_DECIDED}
FOR_PEOPLE = {K.ASKED, K.SILENT}


def an_eventful_account() -> tuple[Account, Contact]:
    """An account with one event of every kind, all about one person where they are about anybody."""
    csm = a_user(name="Rosa")
    account = an_account(owner_id=csm.id)
    ana = a_contact(account, first_name="Ana", last_name="Silva")
    other = a_contact(account, first_name="A.", last_name="Silva")
    closed = a_wave(
        csm, name="Winter", state=WaveState.CLOSED, closed_at=NOW, launched_at=NOW - timedelta(21)
    )
    asked = an_invitation(closed, ana, state=InvitationState.SILENT, settled_at=NOW)
    a_response(an_invitation(a_wave(csm), ana), rating=3, comment="Slow.")
    for state in (InvitationState.DECLINED, InvitationState.OPTED_OUT, InvitationState.BOUNCED):
        an_invitation(a_wave(csm), ana, state=state, settled_at=NOW)
    save(Referral(invitation_id=asked.id, account_id=account.id, reason="wrong_person", named_person="Mei"))
    save(
        AccountScore(
            account_id=account.id,
            as_of=NOW.date(),
            status="red",
            strength=20.0,
            measures={"strength": {"ci": None}},
        )
    )
    save(RenewalOutcome(account_id=account.id, renewal_date=NOW.date(), outcome="renewed", amount=500))
    line = RosterLine(contact_id=ana.id, decision="keep")
    save(RosterConfirmation(account_id=account.id, by_id=csm.id, at=NOW, lines=[line]))
    save(
        RosterRequest(
            account_id=account.id, contact_id=ana.id, sender_id=csm.id, nonce="n", token_hash="h",
            sent_at=NOW, answered_at=NOW, revision=1, expires_at=NOW,
        )
    )  # fmt: skip
    of_ana = {"account_id": account.id, "contact_id": ana.id}
    save(
        Evidence(
            **of_ana, kind="said_left", source="mail", source_id=1, occurred_at=NOW, undone_at=NOW,
            details={}, effect={},
        )
    )  # fmt: skip
    save(
        Suggestion(
            **of_ana, key="k", kind="left", values={}, source="mail", source_id=1, decision="accepted",
            decided_at=NOW,
        )
    )  # fmt: skip
    save(Assessment(**of_ana, author_id=csm.id, ratings={}, at=NOW))
    save(
        AccountEvent(
            **of_ana, kind="case", source="crm:1", external_key="5", title="Slow pages", is_urgent=True,
            occurred_at=NOW - timedelta(3), urgent_at=NOW - timedelta(2), ended_at=NOW - timedelta(1),
        )
    )  # fmt: skip
    save(a_renewal(account, close_date=NOW.date() - timedelta(9)))
    save(Note(**of_ana, author_id=csm.id, text="Met at the fair.", at=NOW))
    save(a_reply(**of_ana))
    save(
        ContactMerge(
            account_id=account.id, kept_id=ana.id, merged_id=other.id, by_id=csm.id, at=NOW, undone_at=NOW
        )
    )
    with transaction():
        change_contact(ana, values={"title": "CTO"}, persona_ids=[], user=csm)
        change_account(account, {"segment": "Mid"}, user=csm)
    return account, ana


def a_renewal(account: Account, **values: Any) -> Opportunity:
    defaults = {
        "account_id": account.id, "source": "crm:1", "external_key": f"{next(numbers)}", "kind": "renewal",
        "name": "Yearly licence", "is_closed": True, "is_won": True, "close_date": NOW.date(),
    }  # fmt: skip
    return Opportunity(**{**defaults, **values})


def a_reply(**values: Any) -> InboundMail:
    defaults = {
        "key": f"{next(numbers)}", "via": "pipe", "kind": "human", "state": "handled", "received_at": NOW,
        "words": "Call me.", "language": "en",
    }  # fmt: skip
    return InboundMail(**{**defaults, **values})


def kinds(events: Any) -> set[EventKind]:
    return {event.kind for event in events}


def test_the_story_of_an_account_has_every_kind_of_event() -> None:
    account, _ana = an_eventful_account()
    assert kinds(story_of(Scope(account.id), size=100).events) == set(EventKind) - FOR_PEOPLE


def test_the_story_of_a_person_has_every_kind_that_is_about_a_person() -> None:
    account, ana = an_eventful_account()
    assert kinds(story_of(Scope(account.id, ana.id), size=100).events) == set(EventKind) - FOR_ACCOUNTS


def test_the_story_of_a_person_leaves_others_out() -> None:
    account, _ana = an_eventful_account()
    stranger = a_contact(account)
    assert story_of(Scope(account.id, stranger.id), size=100).events == []


def test_the_story_of_an_account_leaves_other_accounts_out() -> None:
    an_eventful_account()
    assert story_of(Scope(an_account().id), size=100).events == []


@pytest.mark.parametrize("topic", Topic)
def test_a_topic_tells_its_own_part_of_the_story(topic: Topic) -> None:
    account, _ana = an_eventful_account()
    whole = story_of(Scope(account.id), size=100).events
    part = story_of(Scope(account.id), topic=topic, size=100).events
    assert part == [event for event in whole if event in part]
    assert 0 < len(part) < len(whole)


@pytest.mark.parametrize("is_person", [False, True])
def test_turning_pages_tells_the_whole_story_once(is_person: bool) -> None:
    account, ana = an_eventful_account()
    scope = Scope(account.id, ana.id if is_person else None)
    whole, told, before = story_of(scope, size=100).events, [], None
    while True:
        page = story_of(scope, before=before, size=2)
        told += page.events
        before = page.older
        if before is None:
            break
    assert [event.place for event in told] == [event.place for event in whole]


def test_pages_turn_through_hundreds_of_events_of_one_moment() -> None:
    account, wave = an_account(), a_wave()
    for _unused in range(40):
        a_response(an_invitation(wave, a_contact(account)), rating=9)
    told: list[Event] = []
    before = None
    while True:
        page = story_of(Scope(account.id), topic=Topic.ANSWERS, before=before, size=7)
        told += page.events
        before = page.older
        if before is None:
            break
    assert len({event.place for event in told}) == len(told) == 40


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)


def test_a_long_story_takes_as_many_statements_as_a_short_one() -> None:
    account, _ana = an_eventful_account()
    with counted_statements() as short:
        story_of(Scope(account.id), size=10)
    wave = a_wave()
    for _unused in range(30):
        a_response(an_invitation(wave, a_contact(account)), rating=9)
    with counted_statements() as long:
        story_of(Scope(account.id), size=10)
    assert 0 < len(long) <= len(short)


def test_a_closed_wave_names_the_first_who_were_silent_and_counts_all() -> None:
    account = an_account()
    wave = a_wave(state=WaveState.CLOSED, closed_at=NOW)
    for number in range(7):
        person = a_contact(account, first_name="P", last_name=str(number))
        an_invitation(wave, person, state=InvitationState.SILENT, settled_at=NOW)
    closed = next(e for e in story_of(Scope(account.id), size=9).events if e.kind is K.WAVE_CLOSED)
    assert (list(closed.people), closed.more) == (["P 0", "P 1", "P 2", "P 3", "P 4"], 7)


def test_the_silence_of_somebody_who_left_is_nobodys() -> None:
    account = an_account()
    wave = a_wave(state=WaveState.CLOSED, closed_at=NOW)
    an_invitation(wave, a_contact(account, status="left"), state=InvitationState.SILENT, settled_at=NOW)
    closed = next(e for e in story_of(Scope(account.id), size=9).events if e.kind is K.WAVE_CLOSED)
    assert closed.more == 0


def test_pages_turn_through_many_renewals_of_one_day() -> None:
    account = an_account()
    for _unused in range(9):
        save(a_renewal(account))
    told: list[Event] = []
    before = None
    while True:
        page = story_of(Scope(account.id), before=before, size=2)
        told += page.events
        before = page.older
        if before is None:
            break
    assert len({event.place for event in told}) == len(told) == 9


def test_a_renewal_whose_outcome_stands_is_told_once() -> None:
    account = an_account()
    save(a_renewal(account, is_won=False))
    save(RenewalOutcome(account_id=account.id, renewal_date=NOW.date(), outcome="churned"))
    assert [event.kind for event in story_of(Scope(account.id), size=9).events] == [K.RENEWAL]


@pytest.mark.parametrize("values", [{"is_closed": False}, {"is_deleted": True}, {"kind": "new"}])
def test_only_decided_renewals_are_told(values: dict[str, Any]) -> None:
    account = an_account()
    save(a_renewal(account, **values))
    assert story_of(Scope(account.id), size=9).events == []


def test_a_case_that_was_deleted_over_there_is_not_told() -> None:
    account = an_account()
    case = AccountEvent(
        account_id=account.id, kind="case", source="crm:1", external_key="5", occurred_at=NOW, is_deleted=True
    )
    save(case)
    assert story_of(Scope(account.id), size=9).events == []


def test_a_doubtful_answer_is_not_told() -> None:
    response = a_response(quarantine_reason="trap_field")
    assert K.ANSWERED not in kinds(story_of(Scope(response.account_id), size=9).events)


def test_that_an_account_began_unmeasured_is_no_event() -> None:
    account = an_account()
    measures = {"strength": {"ci": None}}
    for days, status in ((9, "grey"), (8, "grey"), (7, "red"), (6, "red"), (5, "green")):
        day = NOW.date() - timedelta(days)
        save(
            AccountScore(
                account_id=account.id, as_of=day, status=status, is_latest=days == 5, measures=measures
            )
        )
    changes = [(e.before, e.after) for e in story_of(Scope(account.id), size=9).events]
    assert changes == [("red", "green"), ("grey", "red")]


def _a_wave_on(day: datetime, **values: Any) -> Wave:
    return a_wave(launched_at=day, **values)


def test_the_last_answers_are_the_newest_of_either_kind() -> None:
    ana = a_contact()
    for days, rating in ((30, 3), (20, 9)):
        at = NOW - timedelta(days)
        a_response(an_invitation(_a_wave_on(at), ana), rating=rating, answered_at=at)
    assert [(a.rating, a.is_sentiment) for a in last_answers(ana.account_id)[ana.id]] == [(9, True)]


def test_only_the_latest_waves_are_listed() -> None:
    ana = a_contact()
    for days in (30, 20, 10):
        an_invitation(_a_wave_on(NOW - timedelta(days), name=f"{days}"), ana)
    assert [run.name for run in wave_runs(ana.account_id, most=2)] == ["10", "20"]


def test_what_people_wrote_is_told_and_what_robots_sent_is_not() -> None:
    contact = a_contact()
    of_them = {"account_id": contact.account_id, "contact_id": contact.id}
    save(a_reply(**of_them, words="Call me."))
    save(a_reply(**of_them, kind="automatic"))
    save(a_reply(**of_them, state="quarantined"))
    for scope in (Scope(contact.account_id), Scope(contact.account_id, contact.id)):
        told = [(event.kind, event.text, event.person) for event in story_of(scope, size=10).events]
        assert told == [(K.REPLIED, "Call me.", contact.full_name)]


def test_a_number_sent_in_confidence_is_told_without_it() -> None:
    invitation = an_invitation(contact=a_contact())
    of_them = {"account_id": invitation.account_id, "contact_id": invitation.contact_id}
    for score in (8, None):
        save(a_reply(**of_them, invitation_id=invitation.id, words=f"{score}", score=score))
    with transaction():
        db.session.execute(db.update(Survey).values(is_confidential=True))
    events = story_of(Scope(invitation.account_id), topic=Topic.ANSWERS, size=10).events
    assert [(event.text, event.detail) for event in events] == [("None", ""), ("", "confidential")]
    assert {event.wave for event in events} == {invitation.wave.name}
