"""How often people are left out, and whether picking shows."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOW, a_company, a_contact, a_response, a_user, an_account, an_invitation, save
from tests.conftest import CheckingClient
from vocapp.accounts.models import Contact
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.portfolio.roster_reasons import reasons_page
from vocapp.rosters.models import RosterConfirmation, RosterLine
from vocapp.rosters.rules import RemovalReason


def a_confirmation(by: User, lines: dict[Contact, tuple[str, str]], **values: Any) -> RosterConfirmation:
    account_id = next(iter(lines)).account_id
    confirmation = save(
        RosterConfirmation(
            **{"account_id": account_id, "by_id": by.id, "at": NOW, "is_latest": True, **values}
        )
    )
    for contact, (decision, reason) in lines.items():
        save(
            RosterLine(
                confirmation_id=confirmation.id, contact_id=contact.id, decision=decision, reason=reason
            )
        )
    return confirmation


def rated(contact: Contact, rating: int, **values: Any) -> Contact:
    a_response(an_invitation(contact=contact), rating=rating, **values)
    return contact


KEPT, ADDED = ("keep", ""), ("add", "")


@pytest.mark.usefixtures("app")
def test_reasons_are_counted_per_csm_and_for_everybody() -> None:
    ana, bo = a_user(name="Ana"), a_user(name="Bo")
    first, second = an_account(), an_account()
    a_confirmation(
        ana,
        {
            a_contact(first): KEPT,
            a_contact(first): ("remove", "unhappy"),
            a_contact(first): ("replace", "left"),
            a_contact(first): ADDED,
        },
    )
    a_confirmation(bo, {a_contact(second): KEPT})
    page = reasons_page(90, now=NOW)
    assert [(row.name, row.considered, row.removed) for row in page.rows] == [("Ana", 3, 2), ("Bo", 1, 0)]
    assert (page.team.confirmations, page.team.considered, page.team.removed) == (2, 4, 2)
    assert {reason: count for reason, count in page.rows[0].reasons.items() if count} == {
        RemovalReason.LEFT: 1,
        RemovalReason.UNHAPPY: 1,
    }


@pytest.mark.usefixtures("app")
def test_removing_unhappy_people_shows_beside_removing_others() -> None:
    ana, account = a_user(name="Ana"), an_account()
    a_confirmation(
        ana,
        {
            rated(a_contact(account), 3): ("remove", "bad_moment"),
            rated(a_contact(account), 6): KEPT,
            rated(a_contact(account), 9): KEPT,
            a_contact(account): ("remove", "other"),
        },
    )
    row = reasons_page(90, now=NOW).rows[0]
    assert (row.unhappy_removed, row.unhappy) == (1, 2)
    assert (row.content_removed, row.content) == (0, 1)


@pytest.mark.usefixtures("app")
def test_a_person_counts_once_however_often_they_were_left_out() -> None:
    ana, person = a_user(name="Ana"), a_contact()
    for decision in (("remove", "unhappy"), ("remove", "bad_moment"), KEPT):
        a_confirmation(ana, {person: decision})
    row = reasons_page(90, now=NOW).rows[0]
    assert (row.confirmations, row.considered, row.removed) == (3, 1, 1)
    assert row.reasons[RemovalReason.BAD_MOMENT] == 1


@pytest.mark.usefixtures("app")
def test_an_answer_that_came_after_the_decision_says_nothing_about_it() -> None:
    ana, person = a_user(name="Ana"), a_contact()
    a_confirmation(ana, {person: ("remove", "other")}, at=NOW - timedelta(days=10))
    rated(person, 2)
    row = reasons_page(90, now=NOW).rows[0]
    assert (row.unhappy, row.content) == (0, 0)


@pytest.mark.usefixtures("app")
def test_an_answer_held_back_as_doubtful_says_nothing() -> None:
    ana, person = a_user(name="Ana"), a_contact()
    rated(person, 2, quarantine_reason="scanner")
    a_confirmation(ana, {person: ("remove", "other")})
    assert reasons_page(90, now=NOW).rows[0].unhappy == 0


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.ADMIN])
def test_leaders_see_counts_and_no_names_of_customers(client: CheckingClient, role: RoleName) -> None:
    a_company()
    person = a_contact(first_name="Olena", last_name="Secret")
    a_confirmation(a_user(name="Ana"), {person: ("remove", "unhappy")})
    client.sign_in(a_user(role))
    page = client.get("/rosters/reasons?days=365").get_data(as_text=True)
    assert "Ana" in page
    assert "1 of 1" in page
    assert "few people" in page
    assert "Secret" not in page


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_others_do_not_find_the_reasons(client: CheckingClient, role: RoleName) -> None:
    a_company()
    client.sign_in(a_user(role))
    assert client.get("/rosters/reasons").status_code == 404


def test_without_a_roster_the_page_says_so(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.LEADER))
    assert "No roster was confirmed" in client.get("/rosters/reasons?days=nonsense").get_data(as_text=True)
