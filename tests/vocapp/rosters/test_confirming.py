"""A CSM confirms a roster: the page, what it stores, and what it refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_persona,
    a_profile,
    a_response,
    a_tier,
    a_user,
    an_account,
    an_invitation,
)
from tests.conftest import CheckingClient
from tests.vocapp.rosters.roster_forms import (
    evidence_of,
    fields,
    fresh,
    is_chosen,
    lines_of,
    replacing,
    send,
    text_of,
)
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.rosters.models import RosterLine
from vocapp.rosters.queries import latest_confirmations, off_roster

LONG_AGO = NOW.date() - timedelta(days=200)


@pytest.fixture
def march() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def csm(march: None, client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.CSM, name="Ana Costa")
    client.sign_in(user)
    return user


@pytest.fixture
def account(csm: User) -> Account:
    return an_account(owner_id=csm.id, name="Globex")


def test_the_page_shows_people_by_persona_with_their_last_answer(
    client: CheckingClient, account: Account
) -> None:
    account.tier_id = a_tier().id
    a_profile(champion=1, admin=1)
    person = a_contact(account, last_name="Lee", title="Head of IT")
    a_response(an_invitation(contact=person), rating=4)
    page = text_of(client, account)
    assert "Head of IT" in page
    assert "answered" in page
    assert "Admin" in page


def test_people_confirmed_lately_are_kept_unless_somebody_says_otherwise(
    client: CheckingClient, account: Account
) -> None:
    sure, doubtful = a_contact(account), a_contact(account, verified_on=LONG_AGO)
    page = text_of(client, account)
    assert is_chosen(page, sure, "keep")
    assert not is_chosen(page, doubtful, "keep")


def test_whoever_is_kept_counts_as_confirmed_today(client: CheckingClient, account: Account) -> None:
    person = a_contact(account, verified_on=LONG_AGO)
    response = send(client, account, fields(person))
    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/{account.id}"
    assert fresh(person).verified_on == NOW.date()
    assert evidence_of(person) == ["confirmed"]
    assert lines_of(account) == {person.id: ("keep", "", "")}


def test_whoever_is_removed_stays_a_contact_and_is_off_the_roster(
    client: CheckingClient, account: Account
) -> None:
    kept, removed = a_contact(account), a_contact(account)
    send(
        client,
        account,
        fields(
            kept,
            **{
                f"decision-{removed.id}": "remove",
                f"reason-{removed.id}": "bad_moment",
                f"note-{removed.id}": "On leave",
            },
        ),
    )
    assert lines_of(account)[removed.id] == ("remove", "bad_moment", "On leave")
    assert off_roster([account.id], on=NOW.date()) == {removed.id: ("bad_moment", "On leave")}
    assert fresh(removed).status == "active"
    assert evidence_of(removed) == []


def test_a_csms_word_that_somebody_left_moves_the_contact(client: CheckingClient, account: Account) -> None:
    kept, gone = a_contact(account), a_contact(account)
    send(client, account, fields(kept, **{f"decision-{gone.id}": "remove", f"reason-{gone.id}": "left"}))
    assert fresh(gone).status == "left"
    assert evidence_of(gone) == ["said_left"]


def test_the_wrong_person_is_no_longer_verified(client: CheckingClient, account: Account) -> None:
    kept, wrong = a_contact(account), a_contact(account)
    changes = {f"decision-{wrong.id}": "remove", f"reason-{wrong.id}": "wrong_person"}
    send(client, account, fields(kept, **changes))
    assert (fresh(wrong).status, wrong.verified_on) == ("active", None)
    assert evidence_of(wrong) == ["not_me"]


def test_somebody_new_takes_over_the_personas_of_whoever_is_replaced(
    client: CheckingClient, account: Account
) -> None:
    gone = a_contact(account, personas=("champion",))
    typed = fields(**replacing(gone, first="Kim", last="Lee", email="Kim@customer.example"))
    assert send(client, account, typed).status_code == 302
    kim = db.session.scalars(select(Contact).where(Contact.email_key == "kim@customer.example")).one()
    assert [persona.key for persona in kim.personas] == ["champion"]
    assert kim.verified_on == NOW.date()
    assert lines_of(account) == {gone.id: ("replace", "left", ""), kim.id: ("add", "", "")}


def test_a_known_contact_takes_over_the_personas_of_whoever_is_replaced(
    client: CheckingClient, account: Account
) -> None:
    gone, heir = a_contact(account, personas=("champion",)), a_contact(account, personas=("admin",))
    send(client, account, fields(heir, **replacing(gone, successor=heir.id)))
    assert {persona.key for persona in fresh(heir).personas} == {"champion", "admin"}
    line = db.session.get_one(RosterLine, (latest_confirmations([account.id])[account.id].id, gone.id))
    assert line.replaced_by_id == heir.id


def test_the_address_of_somebody_who_stays_means_that_person(
    client: CheckingClient, account: Account
) -> None:
    gone, heir = a_contact(account), a_contact(account, email="heir@customer.example")
    assert (
        send(client, account, fields(heir, **replacing(gone, email="Heir@customer.example"))).status_code
        == 302
    )
    assert lines_of(account)[heir.id] == ("keep", "", "")
    assert len(list(db.session.scalars(select(Contact).where(Contact.account_id == account.id)))) == 2


def test_people_are_added_for_empty_seats(client: CheckingClient, account: Account) -> None:
    persona = a_persona("admin", 1.0)
    typed = {
        "seen": "0",
        "first-new-0": "Олена",
        "email-new-0": "olena@customer.example",
        "persona-new-0": persona.id,
    }
    assert send(client, account, typed).status_code == 302
    added = db.session.scalars(select(Contact).where(Contact.account_id == account.id)).one()
    assert (added.first_name, [one.key for one in added.personas]) == ("Олена", ["admin"])


def refused(client: CheckingClient, account: Account, typed: dict[str, Any]) -> str:
    response = send(client, account, typed)
    assert response.status_code == 200
    assert not lines_of(account)
    return response.get_data(as_text=True)


def test_everybody_has_to_be_decided_about(client: CheckingClient, account: Account) -> None:
    person = a_contact(account, verified_on=LONG_AGO)
    assert f"Say whether {person.full_name} stays." in refused(client, account, {"seen": "0"})


def test_nobody_is_removed_without_a_reason(client: CheckingClient, account: Account) -> None:
    person = a_contact(account)
    typed = fields(**{f"decision-{person.id}": "remove", f"note-{person.id}": "Because <i>I</i> say so"})
    page = refused(client, account, typed)
    assert "is not to be asked." in page
    assert "Because &lt;i&gt;I&lt;/i&gt; say so" in page


def test_nobody_is_replaced_by_themselves(client: CheckingClient, account: Account) -> None:
    person = a_contact(account, email="me@customer.example")
    assert "cannot follow themselves" in refused(
        client, account, fields(**replacing(person, successor=person.id))
    )
    assert "own address" in refused(client, account, fields(**replacing(person, email="ME@customer.example")))


def test_nobody_is_replaced_by_a_person_of_another_account(client: CheckingClient, account: Account) -> None:
    person = a_contact(account)
    stranger = a_contact(an_account(name="Initech"), email="x@initech.example")
    typed = fields(**replacing(person, successor=stranger.id))
    assert "not somebody we can ask at this account" in refused(client, account, typed)
    page = refused(client, account, fields(**replacing(person, email="x@initech.example")))
    assert "known at another account" in page
    assert "Initech" not in page


def test_the_csm_is_told_which_of_their_own_accounts_knows_the_person(
    client: CheckingClient, account: Account
) -> None:
    person = a_contact(account)
    a_contact(an_account(name="Initech", owner_id=account.owner_id), email="x@initech.example")
    assert "known at Initech" in refused(
        client, account, fields(**replacing(person, email="x@initech.example"))
    )


def test_nobody_is_replaced_by_our_own_staff(client: CheckingClient, account: Account) -> None:
    person = a_contact(account)
    page = refused(client, account, fields(**replacing(person, email="sales@vendor.example")))
    assert "one of our own people" in page


def test_what_is_no_address_is_said_beside_the_field_and_everything_typed_stays(
    client: CheckingClient, account: Account
) -> None:
    person = a_contact(account)
    typed = fields(
        **replacing(person, first="Kim", last="Lee", email="kim at home", note="Moved to Oslo"),
        **{"first-new-3": "Bo"},
    )
    page = refused(client, account, typed)
    assert f'id="email-{person.id}-error"' in page
    assert f'href="#email-{person.id}"' in page
    for value in ("Kim", "Lee", "kim at home", "Moved to Oslo", "Bo"):
        assert f'value="{value}"' in page


def test_two_people_in_one_form_cannot_share_an_address(client: CheckingClient, account: Account) -> None:
    typed = {"seen": "0", "email-new-0": "kim@customer.example", "email-new-1": "KIM@customer.example"}
    assert "stands in this form twice" in refused(client, account, typed)


def test_a_newcomer_without_an_address_is_asked_for_one(client: CheckingClient, account: Account) -> None:
    page = refused(client, account, {"seen": "0", "first-new-0": "Kim"})
    assert "Write the e-mail address too" in page


def test_whoever_follows_has_to_stay(client: CheckingClient, account: Account) -> None:
    first, second = a_contact(account), a_contact(account)
    typed = fields(**replacing(first, successor=second.id), **replacing(second, successor=first.id))
    assert "goes as well" in refused(client, account, typed)


def test_removing_everybody_is_asked_about_and_then_allowed(client: CheckingClient, account: Account) -> None:
    person = a_contact(account)
    typed = fields(**{f"decision-{person.id}": "remove", f"reason-{person.id}": "unhappy"})
    page = refused(client, account, typed)
    assert "Nobody would be left to ask here" in page
    assert 'name="nobody"' in page
    assert send(client, account, {**typed, "nobody": "1"}).status_code == 302
    assert lines_of(account)[person.id] == ("remove", "unhappy", "")


def test_the_later_of_two_csms_sees_what_changed(client: CheckingClient, account: Account) -> None:
    person = a_contact(account)
    send(client, account, fields(person))
    first, other = latest_confirmations([account.id])[account.id], a_user(name="Bo Berg")
    with transaction():
        first.by_id = other.id
    removed = {f"decision-{person.id}": "remove", f"reason-{person.id}": "other", f"note-{person.id}": "Hm"}
    response = send(client, account, {**fields(**removed), "nobody": "1"})
    page = response.get_data(as_text=True)
    assert "Bo Berg confirmed this roster" in page
    assert 'value="Hm"' in page
    assert lines_of(account)[person.id][0] == "keep"
    assert f'name="seen" value="{first.id}"' in page
    again = send(client, account, {**fields(**removed), "nobody": "1", "seen": str(first.id)})
    assert again.status_code == 302
    assert lines_of(account)[person.id][0] == "remove"


def test_a_confirmation_grows_old(account: Account, client: CheckingClient) -> None:
    kept, removed = a_contact(account), a_contact(account)
    changes = {f"decision-{removed.id}": "remove", f"reason-{removed.id}": "bad_moment"}
    send(client, account, fields(kept, **changes))
    assert removed.id in off_roster([account.id], on=NOW.date() + timedelta(days=30))
    assert off_roster([account.id], on=NOW.date() + timedelta(days=31)) == {}


def test_opening_the_page_again_shows_what_was_said(account: Account, client: CheckingClient) -> None:
    kept, removed = a_contact(account), a_contact(account)
    changes = {
        f"decision-{removed.id}": "remove",
        f"reason-{removed.id}": "bad_moment",
        f"note-{removed.id}": "On leave",
    }
    send(client, account, fields(kept, **changes))
    page = text_of(client, account)
    assert is_chosen(page, removed, "remove")
    assert 'value="On leave"' in page
    assert "by Ana Costa" in page


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/waves/7/people", "/waves/7/people"),
        ("https://evil.example/", None),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("javascript:alert(1)", None),
    ],
)
def test_the_way_back_stays_in_the_house(
    account: Account, client: CheckingClient, wanted: str, leads_to: str | None
) -> None:
    person = a_contact(account)
    response = send(client, account, fields(person), next=wanted)
    assert response.headers["Location"] == (leads_to or f"/accounts/{account.id}")


def test_who_opted_out_or_shares_a_mailbox_is_not_decided_about(
    account: Account, client: CheckingClient
) -> None:
    a_contact(account, last_name="Optout", status="opted_out")
    a_contact(account, last_name="Desk", is_role_address=True)
    page = text_of(client, account)
    assert "Optout" in page
    assert 'type="radio"' not in page


def test_an_executive_does_not_find_the_page(account: Account, client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))
    assert client.get(f"/accounts/{account.id}/roster").status_code == 404


def test_whoever_cannot_be_mailed_is_not_kept_by_default(account: Account, client: CheckingClient) -> None:
    person = a_contact(account, status="bounced")
    assert not is_chosen(text_of(client, account), person, "keep")


def test_the_number_of_statements_does_not_grow_with_the_people(
    account: Account, client: CheckingClient
) -> None:
    def statements() -> int:
        seen: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", count)
        try:
            text_of(client, account)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    a_contact(account)
    few = statements()
    for _person in range(10):
        a_contact(account)
    assert statements() == few
