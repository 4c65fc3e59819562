"""The gap list: who stands on it, in which order, for whom, with which next step."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import current_app

from tests.builders import NOW, a_contact, a_profile, a_response, a_tier, a_user, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.coverage.builders import TODAY, profiled_account, record_all
from tests.vocapp.rosters.champion_builders import a_request
from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.web import Page
from vocapp.coverage.gap_list import GapFilter, GapRow, currency_tops, gap_orders, gap_page, persona_list
from vocapp.coverage.rules import FindingKind
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _present() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def listed(user: User | None = None, *, sort: str = "-pressing", **wanted: str) -> Page:
    user = user or a_user(RoleName.LEADER)
    orders = gap_orders(currency_tops(user), today=TODAY)
    column = orders[sort.removeprefix("-")]
    order = column.desc() if sort.startswith("-") else column.asc()
    with current_app.test_request_context():
        return gap_page(user, GapFilter(**wanted), order, number=1, today=TODAY)


def row_of(account: Account) -> GapRow:
    return next(row for row in listed().items if row.id == account.id)


def names(page: Page) -> list[str]:
    return [row.name for row in page.items]


def filled_account(**values: object) -> Account:
    """An account whose seats are all filled and whose people answer."""
    account = profiled_account(**values)
    for persona in ("decision_maker", "champion"):
        a_response(an_invitation(contact=a_contact(account, personas=(persona,))))
    return account


def test_a_champion_who_was_asked_lately_is_not_asked_again() -> None:
    a_profile(decision_maker=1, champion=1)
    account = profiled_account(owner_id=a_user().id)
    champion = a_contact(account, personas=("champion",))
    record_all()
    step = row_of(account).step
    assert step is not None
    assert step.button == "Ask the champion"

    a_request(champion)

    step = row_of(account).step
    assert step is not None
    assert step.button == "Name a person"


def test_a_persona_with_one_of_two_seats_held_is_not_called_empty() -> None:
    a_profile(decision_maker=2, champion=2)
    account = profiled_account()
    a_contact(account, personas=("decision_maker",))
    record_all()
    with current_app.test_request_context():
        assert persona_list(row_of(account).missing, "empty") == "Decision maker (1 of 2 known), Champion × 2"


def test_an_account_with_an_empty_seat_is_listed_and_one_without_gaps_is_not() -> None:
    filled_account(name="Full")
    profiled_account(name="Empty")
    record_all()
    assert names(listed()) == ["Empty"]


def test_a_filled_account_that_hangs_on_one_person_is_listed() -> None:
    account = profiled_account(name="Thread")
    for persona in ("decision_maker", "champion"):
        person = a_contact(account, personas=(persona,))
    a_response(an_invitation(contact=person))
    record_all()
    row = row_of(account)
    assert [finding.kind for finding in row.findings] == [FindingKind.SINGLE_THREADED]
    assert row.step is not None
    assert row.step.button == "Ask who else to listen to"
    assert row.days_open is None


def test_former_customers_are_not_listed() -> None:
    profiled_account(status=AccountStatus.CHURNED)
    record_all()
    assert listed().total == 0


def test_near_renewals_come_first_and_then_the_largest() -> None:
    def account(name: str, arr: int, renewal_in: int | None) -> None:
        renewal = None if renewal_in is None else TODAY + timedelta(days=renewal_in)
        profiled_account(name=name, arr=Decimal(arr), renewal_date=renewal)

    account("large, far", 900_000, 200)
    account("small, near", 10_000, 20)
    account("middle, near", 50_000, 90)
    account("largest, passed", 990_000, -1)
    account("smallest, unknown", 1_000, None)
    record_all()
    assert names(listed()) == [
        "middle, near",
        "small, near",
        "largest, passed",
        "large, far",
        "smallest, unknown",
    ]


def test_amounts_of_different_currencies_count_as_shares_of_the_largest() -> None:
    for name, arr, currency in (
        ("some euro", 20_000, "EUR"),
        ("most yen", 10_000_000, "JPY"),
        ("half the yen", 5_000_000, "JPY"),
        ("nearly most euro", 79_000, "EUR"),
        ("most euro", 80_000, "EUR"),
    ):
        profiled_account(name=name, arr=Decimal(arr), currency=currency)
    record_all()
    assert names(listed()) == [
        "most yen",
        "most euro",
        "nearly most euro",
        "half the yen",
        "some euro",
    ]


@pytest.mark.parametrize("sort", ["name", "owner", "tier", "-arr", "renewal", "-missing", "since"])
def test_every_column_sorts(sort: str) -> None:
    profiled_account()
    profiled_account(arr=None, owner_id=a_user().id)
    record_all()
    assert listed(sort=sort).total == 2


def test_a_csm_sees_own_accounts_only() -> None:
    ana, ben = a_user(), a_user()
    profiled_account(name="Hers", owner_id=ana.id)
    profiled_account(name="His", owner_id=ben.id)
    record_all()
    assert names(listed(ana)) == ["Hers"]


def test_the_list_narrows_to_an_owner_or_to_accounts_of_nobody() -> None:
    owner = a_user()
    profiled_account(name="Owned", owner_id=owner.id)
    profiled_account(name="Orphan")
    record_all()
    assert names(listed(owner=str(owner.id))) == ["Owned"]
    assert names(listed(owner="nobody")) == ["Orphan"]
    assert names(listed(owner="nonsense")) == []


def test_the_list_narrows_to_an_open_seat_and_offers_the_step_for_it() -> None:
    a_profile(decision_maker=1, champion=1)
    first = an_account(name="Both", tier_id=a_tier().id)
    second = an_account(name="Decision maker", tier_id=a_tier().id)
    a_contact(second)
    record_all()
    assert first.id
    page = listed(persona="champion")
    assert names(page) == ["Both"]
    assert names(listed(persona="decision_maker")) == ["Both", "Decision maker"]


def test_the_list_narrows_to_a_finding() -> None:
    account = profiled_account(name="Left")
    a_contact(account, status=ContactStatus.LEFT)
    profiled_account(name="Missing")
    record_all()
    assert names(listed(finding="champion_left")) == ["Left"]
    assert names(listed(finding="champion_missing")) == ["Missing"]


def test_a_gap_says_how_long_it_is_open() -> None:
    account = profiled_account()
    record_all(days=-12)
    record_all()
    assert row_of(account).days_open == 12


def test_where_a_champion_is_known_they_are_asked() -> None:
    account = profiled_account()
    a_contact(account, first_name="Ken", last_name="Ito")
    record_all()
    step = row_of(account).step
    assert step is not None
    assert step.title == "Ask Ken Ito, the champion, for: decision maker"


def test_somebody_in_doubt_is_confirmed() -> None:
    account = profiled_account({"champion": 1})
    a_contact(account, first_name="Ken", last_name="Ito", verified_on=None)
    record_all()
    row = row_of(account)
    assert row.step is not None
    assert (row.step.title, [group.name for group in row.doubtful]) == ("Confirm Ken Ito", ["Champion"])


def test_where_nobody_is_known_somebody_must_be_found() -> None:
    account = profiled_account()
    record_all()
    step = row_of(account).step
    assert step is not None
    assert step.url == f"/accounts/{account.id}/people/new?persona=decision_maker"


@pytest.fixture
def leader_client(client: CheckingClient) -> CheckingClient:
    client.sign_in(a_user(RoleName.LEADER))
    return client


def test_the_page_keeps_its_filters_in_the_address(leader_client: CheckingClient) -> None:
    profiled_account(name="Ωmega 東京 <b>")
    record_all()
    page = leader_client.get("/gaps?finding=champion_missing&sort=since").get_data(as_text=True)
    assert "Ωmega 東京 &lt;b&gt;" in page
    assert '<option value="champion_missing" selected>' in page
    assert "/gaps/export.csv?finding=champion_missing&amp;sort=since" in page


def test_the_page_says_when_no_gap_is_open(leader_client: CheckingClient) -> None:
    filled_account()
    record_all()
    assert "No gap is open" in leader_client.get("/gaps").get_data(as_text=True)


def test_the_page_says_when_there_are_no_accounts(leader_client: CheckingClient) -> None:
    assert "No accounts yet" in leader_client.get("/gaps").get_data(as_text=True)


def test_executives_see_no_buttons_that_change_anything(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))
    profiled_account()
    record_all()
    page = client.get("/gaps").get_data(as_text=True)
    assert "Find a first person to talk to" in page
    assert "/people/new" not in page


def test_the_download_holds_what_the_page_lists(leader_client: CheckingClient) -> None:
    account = profiled_account(name="=cmd()", external_id="A-1")
    a_contact(account, personas=("decision_maker",), first_name="Ken", last_name="Ito", verified_on=None)
    filled_account(name="Full")
    record_all()
    text = leader_client.get("/gaps/export.csv").get_data().decode("utf-8-sig")
    header, line = text.splitlines()
    assert header.startswith("external_id,account,tier,csm,region,arr,currency,renewal_date,missing,in_doubt")
    assert "'=cmd()" in line
    assert "Champion,Decision maker: Ken Ito" in line


def test_the_workbook_opens(leader_client: CheckingClient) -> None:
    profiled_account()
    record_all()
    assert leader_client.get("/gaps/export.xlsx").get_data()[:2] == b"PK"


def test_amounts_in_several_currencies_are_explained(leader_client: CheckingClient) -> None:
    profiled_account(currency="EUR")
    profiled_account(currency="USD")
    record_all()
    assert "Accounts are billed in EUR, USD." in leader_client.get("/gaps").get_data(as_text=True)
