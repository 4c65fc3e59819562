"""What meets at a champion's page and around it: nobody waits for each other in a circle."""

from collections.abc import Callable
from contextlib import suppress

from flask import Flask
from sqlalchemy import func, select

from tests.builders import (
    NOW,
    a_contact,
    a_user,
)
from tests.vocapp.meetings import (
    a_roster_link,
    at_once,
    get,
    posting,
    within_transaction,
)
from tests.vocapp.rosters.champion_builders import a_champion, a_request, an_account_of_acme
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.duplicates.service import merge_contacts
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind
from vocapp.freshness.service import accept_suggestion
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.rosters.champion import record_request_refused, request_roster
from vocapp.rosters.models import RosterConfirmation, RosterRequest, RosterRevision
from vocapp.rosters.rules import Choice, RosterDecision, RosterPlan
from vocapp.rosters.service import confirm_roster


def test_a_roster_is_confirmed_while_the_champion_answers(slow_app: Flask) -> None:
    with slow_app.app_context():
        account = an_account_of_acme()
        people = [a_contact(account, last_name=name).id for name in ("Zed", "Young", "Adams")]
        champion = a_champion(account)
        link = a_roster_link(a_request(champion, at=utcnow(), is_sent=False))
        account_id, user_id, champion_id = account.id, account.owner_id, champion.id
    form = {f"person-{person}": "right" for person in people}
    choices = tuple(Choice(person, RosterDecision.KEEP) for person in [champion_id, *reversed(people)])

    def confirm_it() -> None:
        confirm_roster(get(Account, account_id), RosterPlan(choices), by=get(User, user_id), now=utcnow())

    at_once(slow_app, within_transaction(confirm_it), posting(slow_app, link, **form))
    with slow_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RosterConfirmation)) == 1
        confirmed = select(func.count()).where(Evidence.kind == EvidenceKind.CONFIRMED)
        assert db.session.scalar(confirmed) == len(people) * 2 + 1


def test_a_champion_answers_and_opts_out_at_once(slow_app: Flask) -> None:
    with slow_app.app_context():
        champion = a_champion()
        link = a_roster_link(a_request(champion, at=utcnow(), is_sent=False))
        champion_id = champion.id

    def answer() -> None:
        code = slow_app.test_client().post(link, data={f"person-{champion_id}": "right"}).status_code
        assert code in (303, 410)

    at_once(slow_app, answer, posting(slow_app, link.replace("/r/", "/u/"), confirm="yes"))
    with slow_app.app_context():
        assert get(Contact, champion_id).status == ContactStatus.OPTED_OUT


def test_a_champion_is_merged_while_they_answer(slow_app: Flask) -> None:
    with slow_app.app_context():
        champion = a_champion()
        link = a_roster_link(a_request(champion, at=utcnow(), is_sent=False))
        other = a_contact(get(Account, champion.account_id)).id
        user_id, champion_id = a_user().id, champion.id

    def merge() -> None:
        merge_contacts(
            get(Contact, other), get(Contact, champion_id), chosen={}, by=get(User, user_id), now=NOW
        )

    at_once(
        slow_app, within_transaction(merge), posting(slow_app, link, **{f"person-{champion_id}": "right"})
    )
    with slow_app.app_context():
        assert set(db.session.scalars(select(Evidence.contact_id))) == {other}


def test_a_champion_changes_their_form_while_a_csm_accepts_the_first(slow_app: Flask) -> None:
    with slow_app.app_context():
        champion = a_champion()
        account = get(Account, champion.account_id)
        gone = a_contact(account).id
        link = a_roster_link(a_request(champion, at=utcnow(), is_sent=False))
        user_id = account.owner_id
    posting(slow_app, link, **{f"person-{gone}": "left"})()
    with slow_app.app_context():
        suggestion_id = db.session.scalars(select(Suggestion.id)).one()

    def accept() -> None:
        suggestion = db.session.get(Suggestion, suggestion_id)
        if suggestion is not None:
            with suppress(DomainError):  # Taken back in between.
                accept_suggestion(suggestion, by=get(User, user_id), now=utcnow())

    at_once(slow_app, within_transaction(accept), posting(slow_app, link, **{f"person-{gone}": "right"}))
    with slow_app.app_context():
        found = db.session.get(Suggestion, suggestion_id)
        decided = select(func.count()).where(Evidence.source == "decision")
        assert (found is not None) == bool(db.session.scalar(decided))


def test_two_csms_ask_at_one_account_and_one_mail_goes_out(slow_app: Flask) -> None:
    with slow_app.app_context():
        champion, users = a_champion(), [a_user().id, a_user().id]
        account_id, champion_id = champion.account_id, champion.id

    def ask(user_id: int) -> Callable[[], object]:
        def work() -> None:
            account, champion = get(Account, account_id), get(Contact, champion_id)
            with suppress(DomainError):  # Told when one may ask again.
                request_roster(account, champion, sender=get(User, user_id), now=utcnow())

        return within_transaction(work)

    at_once(slow_app, *(ask(user_id) for user_id in users))
    with slow_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RosterRequest)) == 1
        assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_champion_who_sends_a_form_twice_at_once_has_answered_once(slow_app: Flask) -> None:
    with slow_app.app_context():
        champion = a_champion()
        link = a_roster_link(a_request(champion, at=utcnow(), is_sent=False))
        form = {f"person-{champion.id}": "left", "other-1-name": "Ken Ito", "seen": "0"}
    at_once(slow_app, *[posting(slow_app, link, **form)] * 3)
    with slow_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RosterRevision)) == 1
        assert db.session.scalar(select(func.count()).select_from(Suggestion)) == 2


def test_the_mail_to_a_champion_comes_back_while_they_opt_out(slow_app: Flask) -> None:
    with slow_app.app_context():
        champion = a_champion()
        request = a_request(champion, at=utcnow(), is_sent=False)
        link, champion_id = a_roster_link(request).replace("/r/", "/u/"), champion.id
        mail_id = db.session.scalars(select(Message.id)).one()

    def refuse() -> None:
        record_request_refused(get(Message, mail_id), now=NOW, is_address_dead=True)

    at_once(slow_app, within_transaction(refuse), posting(slow_app, link, confirm="yes"))
    with slow_app.app_context():
        assert get(Contact, champion_id).status == ContactStatus.OPTED_OUT
        assert db.session.scalars(select(RosterRequest.state)).one() in ("failed", "cancelled")
