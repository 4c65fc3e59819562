"""Things that happen to the same people at the same instant: nobody waits for each other in a circle."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from tests.builders import (
    NOW,
    a_contact,
    a_response,
    a_user,
    an_account,
    an_invitation,
    token_of,
)
from tests.vocapp.freshness.builders import a_left_suggestion, a_suggestion
from tests.vocapp.meetings import (
    BREATH_SECONDS,
    a_live_wave,
    a_sent_mail,
    at_once,
    get,
    opting_out,
    posting,
    within_transaction,
)
from vocapp.accounts.bulk import apply_to_people, people_fields, plan_people
from vocapp.accounts.importing import ImportOrder
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import change_contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import close_wave, record_rejection
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.duplicates.service import merge_contacts
from vocapp.freshness.bulk import decide_suggestions
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import SuggestionDecision
from vocapp.freshness.service import accept_suggestion, confirm, dismiss_suggestion
from vocapp.identity.models import User
from vocapp.outbox.delivery import record_outcome
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState, Outcome
from vocapp.responses.models import Response
from vocapp.rosters.rules import Choice, RosterDecision, RosterPlan
from vocapp.rosters.service import confirm_roster
from vocapp.workflows.import_file import import_table
from vocapp.workflows.response_received import response_received


def test_an_address_bounces_while_its_owner_opts_out(slow_app: Flask) -> None:
    with slow_app.app_context():
        one = an_invitation(a_live_wave(), a_contact(email="ana@customer.example"))
        other = an_invitation(a_live_wave(), a_contact(email="ana@customer.example"))
        mail, token = a_sent_mail(other), token_of(one)
        ids = [one.contact_id, other.contact_id]

    def bounce() -> None:
        message = get(Message, mail)
        record_rejection(message, NOW, is_address_dead=True)
        record_outcome(
            message, Outcome(MessageState.FAILED, "gone", is_address_dead=True), owner="worker", now=NOW
        )

    at_once(slow_app, within_transaction(bounce), posting(slow_app, f"/u/{token}", confirm="yes"))
    with slow_app.app_context():
        assert {get(Contact, contact_id).status for contact_id in ids} == {ContactStatus.OPTED_OUT}


def test_two_people_with_one_address_opt_out_at_once(slow_app: Flask) -> None:
    with slow_app.app_context():
        links = [
            f"/u/{token_of(an_invitation(a_live_wave(), a_contact(email='ana@customer.example')))}"
            for _number in range(2)
        ]
    at_once(slow_app, *(posting(slow_app, link, confirm="yes") for link in links))


def test_a_contact_is_merged_while_they_answer(slow_app: Flask) -> None:
    with slow_app.app_context():
        account, user_id = an_account(), a_user().id
        kept, merged = a_contact(account).id, a_contact(account)
        token, merged_id = token_of(an_invitation(a_live_wave(), merged)), merged.id

    def merge() -> None:
        merge_contacts(get(Contact, kept), get(Contact, merged_id), chosen={}, by=get(User, user_id), now=NOW)

    at_once(slow_app, within_transaction(merge), posting(slow_app, f"/s/{token}", score="9"))
    with slow_app.app_context():
        assert db.session.scalars(select(Response.contact_id)).all() == [kept]


def test_a_contact_is_merged_while_they_name_somebody_else(slow_app: Flask) -> None:
    with slow_app.app_context():
        account, user_id = an_account(), a_user().id
        kept, merged = a_contact(account).id, a_contact(account)
        token, merged_id = token_of(an_invitation(a_live_wave(), merged)), merged.id

    def merge() -> None:
        merge_contacts(get(Contact, kept), get(Contact, merged_id), chosen={}, by=get(User, user_id), now=NOW)

    at_once(
        slow_app,
        within_transaction(merge),
        posting(slow_app, f"/s/{token}/not-me", reason="wrong_person"),
    )
    with slow_app.app_context():
        assert db.session.scalars(select(Evidence.contact_id)).all() == [kept]


def test_a_wave_closes_while_somebody_answers(slow_app: Flask) -> None:
    with slow_app.app_context():
        invitation = an_invitation(a_live_wave(), a_contact())
        token, wave_id = token_of(invitation), invitation.wave_id

    def answer() -> None:
        code = slow_app.test_client().post(f"/s/{token}", data={"score": "9"}).status_code
        assert code in (303, 410)

    at_once(slow_app, within_transaction(lambda: close_wave(wave_id, now=utcnow())), answer)
    with slow_app.app_context():
        answers = db.session.scalar(select(func.count()).select_from(Response))
        expected = InvitationState.COMPLETED if answers else InvitationState.SILENT
        assert db.session.scalars(select(Invitation.state)).all() == [expected]


def test_two_csms_accept_what_two_people_proposed(slow_app: Flask) -> None:
    with slow_app.app_context():
        account, users = an_account(), [a_user().id, a_user().id]
        proposals = [a_suggestion(account).id, a_suggestion(account).id]

    def accept(suggestion_id: int, user_id: int) -> Callable[[], object]:
        return within_transaction(
            lambda: accept_suggestion(get(Suggestion, suggestion_id), by=get(User, user_id), now=NOW)
        )

    at_once(slow_app, *(accept(*pair) for pair in zip(proposals, users, strict=True)))
    with slow_app.app_context():
        added = select(func.count()).where(Contact.email_key == "ken@customer.example")
        assert db.session.scalar(added) == 1
        assert set(db.session.scalars(select(Suggestion.decision))) == {SuggestionDecision.ACCEPTED}


def test_one_csm_accepts_what_another_dismisses(slow_app: Flask) -> None:
    with slow_app.app_context():
        ana, users = a_contact(), [a_user().id, a_user().id]
        suggestion_id, contact_id = a_left_suggestion(ana).id, ana.id

    def accept() -> None:
        accept_suggestion(get(Suggestion, suggestion_id), by=get(User, users[0]), now=NOW)

    def dismiss() -> None:
        dismiss_suggestion(get(Suggestion, suggestion_id), by=get(User, users[1]), now=NOW, is_confirmed=True)

    at_once(slow_app, within_transaction(accept), within_transaction(dismiss))
    with slow_app.app_context():
        is_accepted = get(Suggestion, suggestion_id).decision == SuggestionDecision.ACCEPTED
        assert get(Contact, contact_id).status == ("left" if is_accepted else "active")
        assert db.session.scalar(select(func.count()).select_from(Evidence)) == 1


def test_suggestions_are_decided_together_while_one_person_is_confirmed(slow_app: Flask) -> None:
    with slow_app.app_context():
        account, user_id = an_account(), a_user().id
        people = [a_contact(account) for _number in range(3)]
        suggestions = [a_left_suggestion(person).id for person in people]
        last = people[-1].id

    def decide() -> None:
        decide_suggestions(
            [get(Suggestion, one) for one in suggestions],
            SuggestionDecision.ACCEPTED,
            by=get(User, user_id),
            now=NOW,
        )

    def confirm_last() -> None:
        confirm(get(Contact, last), by=get(User, user_id), now=NOW)

    at_once(slow_app, within_transaction(decide), within_transaction(confirm_last))


def test_an_answer_is_worked_on_while_the_roster_is_confirmed(slow_app: Flask) -> None:
    with slow_app.app_context():
        account, user_id = an_account(), a_user().id
        people = [a_contact(account) for _number in range(3)]
        response = a_response(an_invitation(a_live_wave(), people[0]))
        payload = {"response_id": response.id, "account_id": account.id}
        choices = tuple(Choice(person.id, RosterDecision.KEEP) for person in reversed(people))
        account_id = account.id

    def confirm_it() -> None:
        confirm_roster(get(Account, account_id), RosterPlan(choices), by=get(User, user_id), now=utcnow())

    at_once(slow_app, within_transaction(confirm_it), lambda: response_received(payload))


def test_a_form_about_somebody_lifts_no_opt_out_said_at_the_same_moment(slow_app: Flask) -> None:
    with slow_app.app_context():
        invitation, user_id = an_invitation(a_live_wave()), a_user().id
        token, contact_id = token_of(invitation), invitation.contact_id

    def change() -> None:
        person = get(Contact, contact_id)
        time.sleep(50 * BREATH_SECONDS)  # Time enough for an opt-out that waits for nobody.
        with suppress(DomainError):  # When the opt-out came first.
            change_contact(person, values={"status": "left"}, persona_ids=[], user=get(User, user_id))

    at_once(slow_app, within_transaction(change), opting_out(slow_app, token))
    with slow_app.app_context():
        assert get(Contact, contact_id).status == ContactStatus.OPTED_OUT


def test_a_change_of_many_lifts_no_opt_out_said_at_the_same_moment(slow_app: Flask) -> None:
    with slow_app.app_context():
        invitation, user_id = an_invitation(a_live_wave()), a_user().id
        token, contact_id = token_of(invitation), invitation.contact_id

    def change() -> None:
        plan = plan_people(select(Contact).join(Account), people_fields()["status"], "left")
        apply_to_people(plan, by=get(User, user_id), now=NOW)

    def opt_out() -> None:
        time.sleep(BREATH_SECONDS)
        opting_out(slow_app, token)()

    at_once(slow_app, within_transaction(change), opt_out)
    with slow_app.app_context():
        assert get(Contact, contact_id).status == ContactStatus.OPTED_OUT


def test_a_file_lifts_no_opt_out_said_at_the_same_moment(slow_app: Flask, tmp_path: Path) -> None:
    with slow_app.app_context():
        invitation = an_invitation(a_live_wave())
        token, contact_id = token_of(invitation), invitation.contact_id
        email, account = invitation.contact.email, invitation.account.external_id
    path = tmp_path / "contacts.csv"
    path.write_text(f"account_external_id,email,status\n{account},{email},left\n")

    def change() -> None:
        import_table(
            ImportOrder("contacts"), path, path.name, now=NOW, on_progress=lambda _rows, _fraction: None
        )

    at_once(slow_app, change, opting_out(slow_app, token))
    with slow_app.app_context():
        assert get(Contact, contact_id).status == ContactStatus.OPTED_OUT
