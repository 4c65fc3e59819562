"""The pages about accounts and people, by role."""

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_contact, a_persona, a_profile, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from vocapp.accounts.models import Contact
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.outbox.queries import is_suppressed


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user()
    client.sign_in(user)
    return user


@pytest.fixture
def leader(client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def jobs(kind: str) -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == kind)))


@pytest.mark.parametrize("role", RoleName)
@pytest.mark.parametrize("path", ["/accounts", "/people"])
def test_everybody_reads_the_lists(client: CheckingClient, role: RoleName, path: str) -> None:
    user = a_user(role)
    tier = a_tier()
    a_profile(tier, champion=2)
    a_contact(an_account(owner_id=user.id, tier_id=tier.id))
    client.sign_in(user)

    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/accounts", "/people", "/import"])
def test_strangers_are_sent_to_sign_in(client: CheckingClient, path: str) -> None:
    assert "/login" in client.get(path).headers["Location"]


@pytest.mark.parametrize("role", RoleName)
@pytest.mark.parametrize("path", ["/accounts", "/people"])
def test_empty_lists_say_what_to_do(client: CheckingClient, role: RoleName, path: str) -> None:
    client.sign_in(a_user(role))

    assert "yet" in client.get(path).text


def test_a_csm_lists_only_their_own_accounts(client: CheckingClient, csm: User) -> None:
    an_account(owner_id=csm.id, name="Mine")
    an_account(name="Foreign")

    text = client.get("/accounts").text

    assert ("Mine" in text, "Foreign" in text) == (True, False)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/{account}/edit",
        "/accounts/{account}/people/new",
        "/people/{contact}",
        "/people/{contact}/edit",
    ],
)
def test_a_foreign_account_does_not_exist_for_a_csm(client: CheckingClient, csm: User, path: str) -> None:
    foreign = a_contact(an_account())

    assert client.get(path.format(account=foreign.account_id, contact=foreign.id)).status_code == 404


def test_a_csm_cannot_confirm_a_foreign_contact(client: CheckingClient, csm: User) -> None:
    assert client.post(f"/people/{a_contact(an_account()).id}/confirm").status_code == 404


def test_whoever_adds_a_shared_address_is_told_that_it_fills_no_seat(
    client: CheckingClient, csm: User
) -> None:
    account = an_account(owner_id=csm.id)
    client.post(f"/accounts/{account.id}/people/new", data={"email": "info@customer.example"})
    assert "belongs to a function" in client.get(f"/accounts/{account.id}").text


def test_an_executive_changes_nothing(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))
    contact = a_contact()

    assert client.post(f"/people/{contact.id}/edit", data={"first_name": "X"}).status_code == 403


def test_an_executive_sees_no_form(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))

    assert "first_name" not in client.get(f"/people/{a_contact().id}/edit").text
    assert "renewal_date" not in client.get(f"/accounts/{an_account().id}/edit").text


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_only_administrators_and_leaders_import(client: CheckingClient, role: RoleName) -> None:
    client.sign_in(a_user(role))

    assert client.get("/import").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=müller", True),
        ("q=MÜLLER", True),
        ("q=Schulze", False),
        ("q=100%25", False),
        ("status=churned", False),
    ],
)
def test_accounts_are_found_by_text_and_status(
    client: CheckingClient, leader: User, query: str, found: bool
) -> None:
    an_account(name="Müller & Söhne")

    assert ("Müller" in client.get(f"/accounts?{query}").text) is found


@pytest.mark.parametrize("order", ["name", "-name", "tier", "arr", "-renewal", "owner", "nonsense"])
def test_accounts_sort_by_any_column(client: CheckingClient, leader: User, order: str) -> None:
    an_account()

    assert client.get(f"/accounts?sort={order}").status_code == 200


def test_people_are_found_by_persona(client: CheckingClient, leader: User) -> None:
    account = an_account()
    a_contact(account, last_name="Here", personas=("admin",))
    a_contact(account, last_name="Elsewhere", personas=("champion",))

    text = client.get(f"/people?persona={a_persona('admin').id}").text

    assert ("Here" in text, "Elsewhere" in text) == (True, False)


def test_a_new_person_fills_the_seat(client: CheckingClient, csm: User) -> None:
    persona, account = a_persona("admin"), an_account(owner_id=csm.id)
    form = {"email": "Ada@Customer.example", "first_name": "Ada", "personas": persona.id, "is_confirmed": "y"}

    client.post(f"/accounts/{account.id}/people/new?persona=admin", data=form)

    added = db.session.scalar(select(Contact).where(Contact.email_key == "ada@customer.example"))
    assert added is not None
    assert (added.personas, added.account_id) == ([persona], account.id)


def test_the_persona_in_the_address_is_chosen_already(client: CheckingClient, csm: User) -> None:
    a_persona("admin")
    account = an_account(owner_id=csm.id)

    assert "checked" in client.get(f"/accounts/{account.id}/people/new?persona=admin").text


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("nobody", "not an e-mail address"),
        ("x@vendor.example", "our own people"),
        ("known@c.example", "already"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    client: CheckingClient, csm: User, email: str, reason: str
) -> None:
    account = an_account(owner_id=csm.id)
    a_contact(account, email="known@c.example")

    assert reason in client.post(f"/accounts/{account.id}/people/new", data={"email": email}).text


def test_changing_a_person_asks_for_new_scores(client: CheckingClient, csm: User) -> None:
    contact = a_contact(an_account(owner_id=csm.id))

    client.post(f"/people/{contact.id}/edit", data={"first_name": "Bea", "status": "left"})

    assert (contact.first_name, contact.status) == ("Bea", "left")
    assert [job.payload for job in jobs("rescore_accounts")] == [{"account_ids": [contact.account_id]}]


def test_a_wrong_address_is_corrected_and_one_of_somebody_else_refused(
    client: CheckingClient, csm: User
) -> None:
    account = an_account(owner_id=csm.id)
    person = a_contact(account, email="jen@customer.example", status="bounced")
    a_contact(account, email="taken@customer.example", first_name="Taken")
    form = {"first_name": "Jenny", "status": "bounced", "influence": "", "reports_to_id": "0"}
    client.post(f"/people/{person.id}/edit", data={**form, "email": "taken@customer.example"})
    assert person.email == "jen@customer.example"
    client.post(f"/people/{person.id}/edit", data={**form, "email": "Jenny@Customer.example"})
    db.session.expire_all()
    assert (person.email_key, person.status) == ("jenny@customer.example", "active")


def test_opting_somebody_out_by_hand_stops_all_mail(client: CheckingClient, csm: User) -> None:
    contact = a_contact(an_account(owner_id=csm.id))

    client.post(f"/people/{contact.id}/edit", data={"status": "opted_out"})

    assert is_suppressed(contact.email)


def test_an_opt_out_cannot_be_lifted_by_hand(client: CheckingClient, csm: User) -> None:
    contact = a_contact(an_account(owner_id=csm.id), status="opted_out")

    client.post(f"/people/{contact.id}/edit", data={"status": "active"})

    db.session.refresh(contact)
    assert contact.status == "opted_out"


def test_confirming_a_person_keeps_the_day(client: CheckingClient, csm: User) -> None:
    contact = a_contact(an_account(owner_id=csm.id), verified_on=None)

    client.post(f"/people/{contact.id}/confirm")

    db.session.refresh(contact)
    assert contact.verified_on is not None


def test_a_person_may_report_to_somebody_of_the_account(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    boss, ana = a_contact(account), a_contact(account)
    form = {"status": "active", "reports_to_id": boss.id, "influence": "high"}

    client.post(f"/people/{ana.id}/edit", data=form)

    assert (ana.reports_to_id, ana.influence) == (boss.id, "high")


def test_nobody_reports_around_to_themselves(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    ana = a_contact(account, first_name="Ana", last_name="Silva")
    ken = a_contact(account, first_name="Ken", last_name="Ito", reports_to_id=ana.id)

    text = client.post(f"/people/{ana.id}/edit", data={"status": "active", "reports_to_id": ken.id}).text

    assert "Ken Ito reports to Ana Silva, directly or through others" in text
    assert ana.reports_to_id is None


def test_nobody_reports_to_another_account(client: CheckingClient, csm: User) -> None:
    ana, stranger = a_contact(an_account(owner_id=csm.id)), a_contact(an_account(owner_id=csm.id))

    client.post(f"/people/{ana.id}/edit", data={"status": "active", "reports_to_id": stranger.id})

    assert ana.reports_to_id is None


def test_whoever_left_stays_in_the_list_while_somebody_reports_to_them(
    client: CheckingClient, csm: User
) -> None:
    account = an_account(owner_id=csm.id)
    gone = a_contact(account, status="left", first_name="Gone", last_name="Boss")
    ana = a_contact(account, reports_to_id=gone.id)

    assert "Gone Boss" in client.get(f"/people/{ana.id}/edit").text
    assert "Gone Boss" not in client.get(f"/people/{a_contact(account).id}/edit").text


def test_a_csm_cannot_give_an_account_away(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)

    client.post(
        f"/accounts/{account.id}/edit", data={"name": "N", "status": "active", "owner_id": a_user().id}
    )

    db.session.refresh(account)
    assert (account.name, account.owner_id) == ("N", csm.id)


def test_a_leader_gives_an_account_to_another_csm(client: CheckingClient, leader: User) -> None:
    account, ana = an_account(), a_user()
    form = {
        "name": "N",
        "status": "active",
        "owner_id": ana.id,
        "tier_id": 0,
        "arr": "12.50",
        "currency": "eur",
    }

    client.post(f"/accounts/{account.id}/edit", data=form)

    db.session.refresh(account)
    assert (account.owner_id, account.owner_email, account.currency) == (ana.id, ana.email, "EUR")


def test_a_negative_amount_is_refused(client: CheckingClient, leader: User) -> None:
    account = an_account()

    text = client.post(
        f"/accounts/{account.id}/edit", data={"name": "N", "status": "active", "arr": "-1"}
    ).text

    assert "v-error" in text


@pytest.mark.parametrize("path", ["/accounts/export.csv", "/people/export.csv"])
def test_exports_are_safe_to_open(client: CheckingClient, leader: User, path: str) -> None:
    a_contact(an_account(name="=1+1"), title="@SUM(A1)")

    text = client.get(path).text

    assert "'=1+1" in text or "'@SUM" in text
    assert ",=" not in text


@pytest.mark.parametrize("path", ["/accounts/export.xlsx", "/people/export.xlsx"])
def test_exports_come_as_workbooks_too(client: CheckingClient, leader: User, path: str) -> None:
    a_contact()

    assert client.get(path).data.startswith(b"PK")


def test_an_export_holds_what_the_list_shows(client: CheckingClient, csm: User) -> None:
    an_account(name="Foreign")
    an_account(owner_id=csm.id, name="Mine")

    text = client.get("/accounts/export.csv").text

    assert ("Mine" in text, "Foreign" in text) == (True, False)


@pytest.mark.parametrize(
    "path", ["/people/99999999999999999999", "/accounts/99999999999/edit", "/import/99999999999"]
)
def test_a_number_no_row_can_have_leads_to_no_page(client: CheckingClient, leader: User, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["tier=99999999999999999999", "owner=x", "status=%00", "q=%00", "page=-3"])
def test_nonsense_in_the_address_filters_nothing_or_finds_nothing(
    client: CheckingClient, leader: User, query: str
) -> None:
    an_account()

    assert client.get(f"/accounts?{query}").status_code == 200
