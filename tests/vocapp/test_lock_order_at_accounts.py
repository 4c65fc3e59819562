"""Accounts that become one while something happens to their people: nobody waits in a circle."""

from flask import Flask
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, an_account, an_invitation, token_of
from tests.vocapp.meetings import a_live_wave, at_once, get, posting, within_transaction
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.duplicates.service import merge_contacts
from vocapp.identity.models import User
from vocapp.renewals.rules import OpportunityFacts
from vocapp.renewals.service import record_opportunities, settle_renewals
from vocapp.responses.models import Response
from vocapp.workflows.rescore import rescore_some


def two_accounts() -> tuple[int, int]:
    return an_account().id, an_account().id


def merging(loser: int, winner: int):
    def merge() -> None:
        merge_accounts(get(Account, loser), get(Account, winner), now=NOW, actor_id=None)

    return within_transaction(merge)


def test_an_account_is_merged_while_somebody_there_answers(slow_app: Flask) -> None:
    with slow_app.app_context():
        loser, winner = two_accounts()
        kept = a_contact(get(Account, winner), email="ana@customer.example").id
        person = a_contact(get(Account, loser), email="ana@customer.example")
        token = token_of(an_invitation(a_live_wave(), person))
        db.session.remove()
    at_once(slow_app, merging(loser, winner), posting(slow_app, f"/s/{token}", score="9"))
    with slow_app.app_context():
        answers = db.session.execute(select(Response.account_id, Response.contact_id)).all()
        assert [tuple(row) for row in answers] == [(winner, kept)]


def test_an_account_is_merged_while_somebody_there_opts_out(slow_app: Flask) -> None:
    with slow_app.app_context():
        loser, winner = two_accounts()
        kept = a_contact(get(Account, winner), email="ana@customer.example").id
        person = a_contact(get(Account, loser), email="ana@customer.example")
        token = token_of(an_invitation(a_live_wave(), person))
        db.session.remove()
    at_once(slow_app, merging(loser, winner), posting(slow_app, f"/u/{token}", confirm="yes"))
    with slow_app.app_context():
        assert get(Contact, kept).status == ContactStatus.OPTED_OUT


def test_an_account_is_merged_while_two_of_its_people_are(slow_app: Flask) -> None:
    with slow_app.app_context():
        (loser, winner), user_id = two_accounts(), a_user().id
        first, second = (a_contact(get(Account, loser)).id for _number in range(2))
        db.session.remove()

    def merge() -> None:
        merge_contacts(get(Contact, first), get(Contact, second), chosen={}, by=get(User, user_id), now=NOW)

    at_once(slow_app, merging(loser, winner), within_transaction(merge))
    with slow_app.app_context():
        assert get(Contact, first).account_id == winner
        assert get(Contact, second).merged_into_id == first


def test_an_account_is_merged_twice_at_once(slow_app: Flask) -> None:
    with slow_app.app_context():
        loser, winner = two_accounts()
        person = a_contact(get(Account, loser)).id
        db.session.remove()
    at_once(slow_app, merging(loser, winner), merging(loser, winner))
    with slow_app.app_context():
        assert get(Contact, person).account_id == winner


def test_two_accounts_become_part_of_each_other_at_once(slow_app: Flask) -> None:
    with slow_app.app_context():
        one, other = two_accounts()
        db.session.remove()

    def unless_refused(loser: int, winner: int):
        def merge() -> None:
            try:
                merging(loser, winner)()
            except DomainError:
                db.session.rollback()

        return merge

    at_once(slow_app, unless_refused(one, other), unless_refused(other, one))
    with slow_app.app_context():
        merged = [get(Account, number).merged_into_id for number in (one, other)]
        assert sorted(merged, key=str) in ([one, None], [other, None])


def test_an_account_is_merged_while_a_crm_tells_of_it(slow_app: Flask) -> None:
    with slow_app.app_context():
        loser, winner = two_accounts()
        db.session.remove()

    def tell() -> None:
        told = OpportunityFacts("1", loser, "renewal", close_date=NOW.date(), is_closed=True, is_won=True)
        record_opportunities([told], source="crm:1", now=NOW)
        settle_renewals([loser], now=NOW)

    at_once(slow_app, merging(loser, winner), within_transaction(tell))


def test_an_account_is_merged_while_both_are_scored(slow_app: Flask) -> None:
    with slow_app.app_context():
        loser, winner = two_accounts()
        for number in (loser, winner):
            a_contact(get(Account, number), email="ana@customer.example")
            a_contact(get(Account, number), email="ana@customer2.example")
        db.session.remove()
    at_once(slow_app, merging(loser, winner), lambda: rescore_some([loser, winner], now=NOW))
