"""The guided pages, the list of what waits and the notes, by role."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.assessments.builders import a_note, an_assessment
from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.assessments.models import Assessment
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user()
    client.sign_in(user)
    return user


@pytest.fixture
def account(csm: User) -> Account:
    return an_account(owner_id=csm.id, name="Northwind")


def stored() -> list[Assessment]:
    return list(db.session.scalars(select(Assessment).order_by(Assessment.id)))


@pytest.mark.parametrize("role", RoleName)
def test_everybody_reads_the_guided_pages(client: CheckingClient, role: RoleName) -> None:
    user = a_user(role)
    contact = a_contact(an_account(owner_id=user.id))
    an_assessment(contact.account, goals=1, silence=4)
    an_assessment(contact.account, contact=contact, attitude=5)
    client.sign_in(user)

    for path in (f"/accounts/{contact.account_id}/assess", f"/people/{contact.id}/assess", "/assessments"):
        assert client.get(path).status_code == 200


def test_an_executive_sees_no_form(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))

    assert 'name="goals"' not in client.get(f"/accounts/{an_account().id}/assess").text


@pytest.mark.parametrize("path", ["/accounts/{account}/assess", "/people/{contact}/assess"])
def test_an_executive_assesses_nobody(client: CheckingClient, path: str) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))
    contact = a_contact()

    response = client.post(path.format(account=contact.account_id, contact=contact.id), data={"goals": "3"})

    assert (response.status_code, stored()) == (403, [])


@pytest.mark.parametrize("path", ["/accounts/{account}/assess", "/people/{contact}/assess"])
def test_a_foreign_account_does_not_exist_for_a_csm(client: CheckingClient, csm: User, path: str) -> None:
    foreign = a_contact(an_account())
    address = path.format(account=foreign.account_id, contact=foreign.id)

    assert {client.get(address).status_code, client.post(address, data={"goals": "3"}).status_code} == {404}


def test_what_was_chosen_is_stored_and_the_rest_left_open(
    client: CheckingClient, csm: User, account: Account
) -> None:
    response = client.post(
        f"/accounts/{account.id}/assess",
        data={"goals": "4", "silence": "", "obstacles": "1", "note": "Budget cut"},
    )

    [said] = stored()
    assert response.headers["Location"] == f"/accounts/{account.id}"
    assert (said.ratings, said.note, said.author_id) == ({"goals": 4, "obstacles": 1}, "Budget cut", csm.id)


def test_a_stakeholder_is_assessed_at_their_account(client: CheckingClient, account: Account) -> None:
    contact = a_contact(account)

    client.post(f"/people/{contact.id}/assess", data={"attitude": "5"})

    [said] = stored()
    assert (said.account_id, said.contact_id, said.ratings) == (account.id, contact.id, {"attitude": 5})


@pytest.mark.parametrize("rating", ["0", "6", "five", "3.5", "-1", " 3"])
def test_a_number_outside_one_to_five_gets_a_sentence(
    client: CheckingClient, account: Account, rating: str
) -> None:
    page = client.post(
        f"/accounts/{account.id}/assess", data={"goals": rating, "silence": "4", "note": "Kept"}
    )

    assert "Choose a number from 1 to 5" in page.text
    assert re.search(r'id="silence-4" value="4" checked', page.text)
    assert "Kept" in page.text
    assert stored() == []


def test_a_form_without_any_answer_gets_a_sentence(client: CheckingClient, account: Account) -> None:
    page = client.post(f"/accounts/{account.id}/assess", data={"note": "Only words"})

    assert ("Answer at least one question." in page.text, "Only words" in page.text) == (True, True)
    assert stored() == []


def test_nothing_is_chosen_beforehand_and_the_last_answer_stands_beside(
    client: CheckingClient, account: Account
) -> None:
    an_assessment(account, goals=5)

    page = client.get(f"/accounts/{account.id}/assess").text

    assert set(re.findall(r'value="([^"]*)" checked', page)) == {""}
    assert "Last time: 5" in page
    assert "Left open last time" in page


def test_somebody_who_left_is_not_assessed(client: CheckingClient, account: Account) -> None:
    gone = a_contact(account, first_name="Ken", status=ContactStatus.LEFT)

    response = client.post(f"/people/{gone.id}/assess", data={"attitude": "2"})

    assert (response.status_code, "has left; assess whoever took over" in response.text) == (422, True)
    assert 'name="attitude"' not in client.get(f"/people/{gone.id}/assess").text
    assert stored() == []


def test_a_double_click_saves_once(
    client: CheckingClient, account: Account, clock: time_machine.Traveller
) -> None:
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})
    clock.shift(timedelta(seconds=30))
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})

    assert len(stored()) == 1


def test_the_same_answers_two_minutes_later_count_again(
    client: CheckingClient, account: Account, clock: time_machine.Traveller
) -> None:
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})
    clock.shift(timedelta(minutes=2))
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})

    assert len(stored()) == 2


def test_a_corrected_answer_within_the_minute_is_kept(client: CheckingClient, account: Account) -> None:
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})
    client.post(f"/accounts/{account.id}/assess", data={"goals": "3"})

    assert [said.ratings["goals"] for said in stored()] == [4, 3]


def test_what_two_people_say_at_once_is_both_kept(client: CheckingClient, account: Account) -> None:
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})
    client.sign_in(a_user(RoleName.LEADER))
    client.post(f"/accounts/{account.id}/assess", data={"goals": "4"})

    assert len({said.author_id for said in stored()}) == 2


def test_the_history_tells_who_said_what_and_what_changed(client: CheckingClient, account: Account) -> None:
    an_assessment(account, by=a_user(name="Mika Lahti"), at=NOW - timedelta(days=100), goals=2, silence=4)
    an_assessment(account, by=a_user(name="Ines Roth"), goals=4, silence=4)

    page = client.get(f"/accounts/{account.id}/assess").text

    assert ("Mika Lahti" in page, "Ines Roth" in page, "4, was 2" in page) == (True, True, True)


def test_an_old_assessment_is_said_to_be_old(client: CheckingClient, account: Account) -> None:
    an_assessment(account, at=NOW - timedelta(days=91))

    assert "older than 90 days" in client.get(f"/accounts/{account.id}/assess").text


def test_the_page_says_that_it_is_no_part_of_any_score(client: CheckingClient, account: Account) -> None:
    assert "no part of strength, engagement or sentiment" in client.get(f"/accounts/{account.id}/assess").text


def test_a_long_history_is_paged(client: CheckingClient, account: Account) -> None:
    for days in range(12):
        an_assessment(account, at=NOW - timedelta(days=days), goals=1 + days % 5)

    first, second = (client.get(f"/accounts/{account.id}/assess?page={page}").text for page in (1, 2))

    assert ("1 to 10 of 12" in first, "11 to 12 of 12" in second) == (True, True)


def test_the_record_of_acts_holds_no_personal_data(client: CheckingClient, account: Account) -> None:
    contact = a_contact(account, first_name="Zoe", last_name="Quist")
    client.post(f"/people/{contact.id}/assess", data={"attitude": "1", "note": "Zoe is angry"})
    client.post(f"/people/{contact.id}/notes", data={"text": "Zoe Quist called"})

    acts = list(db.session.scalars(select(AuditEntry)))

    assert [act.action for act in acts] == ["contact_assessed", "note_added"]
    assert not [act for act in acts if "Zoe" in str(act.details) or "attitude" in str(act.details)]


def test_accounts_that_wait_are_listed_worst_first(client: CheckingClient, csm: User) -> None:
    soon, late = NOW.date() + timedelta(days=10), NOW.date() + timedelta(days=300)
    an_account(owner_id=csm.id, name="Small", arr=Decimal(10))
    an_account(owner_id=csm.id, name="Unpriced", arr=None)
    an_account(owner_id=csm.id, name="Later", arr=Decimal(90), renewal_date=late)
    an_account(owner_id=csm.id, name="Sooner", arr=Decimal(90), renewal_date=soon)

    page = client.get("/assessments").text

    assert re.findall(r"<bdi>(Small|Unpriced|Later|Sooner)</bdi></a></th>", page) == [
        "Sooner",
        "Later",
        "Small",
        "Unpriced",
    ]


def test_only_accounts_that_wait_are_listed(client: CheckingClient, csm: User) -> None:
    current, stale, _gone, _foreign, person_only = (
        an_account(owner_id=owner, name=name, status=status)
        for owner, name, status in [
            (csm.id, "Current", AccountStatus.ACTIVE),
            (csm.id, "Stale", AccountStatus.ACTIVE),
            (csm.id, "Gone", AccountStatus.CHURNED),
            (None, "Foreign", AccountStatus.ACTIVE),
            (csm.id, "Person only", AccountStatus.ACTIVE),
        ]
    )
    an_assessment(current, at=NOW - timedelta(days=90))
    an_assessment(stale, at=NOW - timedelta(days=91))
    an_assessment(stale, at=NOW - timedelta(days=200))
    an_assessment(person_only, contact=a_contact(person_only))

    page = client.get("/assessments").text

    names = ("Current", "Stale", "Gone", "Foreign", "Person only")
    assert [name for name in names if f"<bdi>{name}</bdi></a></th>" in page] == ["Stale", "Person only"]
    assert "2 of 3 accounts wait" in page


def test_a_leader_sees_everybody_with_counts(client: CheckingClient) -> None:
    ana, ken = a_user(name="Ana"), a_user(name="Ken")
    an_assessment(an_account(owner_id=ana.id))
    for owner in (ana.id, ken.id, None):
        an_account(owner_id=owner)
    client.sign_in(a_user(RoleName.LEADER))

    page = client.get("/assessments").text
    mine = client.get(f"/assessments?owner={ken.id}").text
    nobodys = client.get("/assessments?owner=nobody").text

    assert "3 of 4 accounts wait" in page
    assert re.search(r"50%\s*<small[^>]*>1 of 2</small>", page)
    assert ("1 to 1 of 1" in mine, "1 to 1 of 1" in nobodys) == (True, True)


@pytest.mark.parametrize(
    "query", ["owner=x", "owner=99999999999999999999", "owner=%F0%9F%98%80", "sort=no&page=-3"]
)
def test_nonsense_in_the_address_of_the_list_breaks_nothing(client: CheckingClient, query: str) -> None:
    an_account()
    client.sign_in(a_user(RoleName.LEADER))

    assert client.get(f"/assessments?{query}").status_code == 200


def test_a_long_list_is_paged(client: CheckingClient, csm: User) -> None:
    for _number in range(51):
        an_account(owner_id=csm.id)

    assert "51 to 51 of 51" in client.get("/assessments?page=2").text


def test_from_the_list_one_goes_back_to_the_list(client: CheckingClient, account: Account) -> None:
    response = client.post(f"/accounts/{account.id}/assess?from=list", data={"goals": "4"})

    assert response.headers["Location"] == "/assessments"


def test_a_list_without_accounts_says_so(client: CheckingClient, csm: User) -> None:
    assert "No accounts yet" in client.get("/assessments").text


def test_the_account_page_shows_our_own_view_and_the_newest_notes(
    client: CheckingClient, csm: User, account: Account
) -> None:
    an_assessment(
        account, by=csm, **dict.fromkeys(["goals", "adoption", "silence", "feedback", "influence"], 2)
    )
    for number in range(7):
        a_note(account, by=csm, text=f"Note {number}", at=NOW - timedelta(days=number))

    page = client.get(f"/accounts/{account.id}").text

    assert ("Looks weak to us" in page, "2.0 on average over 5 answers" in page) == (True, True)
    assert "All 7 notes" in page
