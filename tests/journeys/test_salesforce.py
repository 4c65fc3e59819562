"""How a company connects Salesforce and works with it: an administrator, a CSM, a colleague over there."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import Trouble
from tests.journeys.person import (
    A_GLANCE,
    PHONE_WIDTH,
    card,
    expect_message,
    fill_in,
    go_to,
    look_at,
    press,
    reload_until,
    row,
    sign_in,
)
from tests.journeys.product import Product, until, wait_until_ready
from tests.journeys.salesforce_pages import (
    Keys,
    ask_for_run,
    look_at_every_page,
    wait_for_run,
    writes_to,
)
from tests.journeys.setting_up import ADMIN, add_user, choose_password, link_of_mail, set_up_the_company
from tests.salesforce_emulator import metadata_api
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.identity.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, running

Somebody = Callable[..., Page]

CSM = "sofia.marin@vendor.example"
ACCOUNT = "Norddeutsche Werft AG"
NEW_PHONE, REFUSED_PHONE = "+49 40 111222", "0 40 333444"
PLACE = "Salesforce and other systems"


@pytest.fixture
def org(monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceEmulator]:
    """An org of a believable company, without anything of ours, that deploys at once."""
    monkeypatch.setattr(metadata_api, "POLLS", 0)
    with SalesforceEmulator() as org:
        org.seed_demo()
        yield org


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The company accounts of the people at the vendor."""
    with running(Provider()) as provider:
        provider.claims = {"email": CSM}
        yield provider


@pytest.fixture
def product(start: Callable[..., Product], org: SalesforceEmulator, provider: Provider) -> Product:
    """A ready installation that can reach both."""
    return wait_until_ready(
        start(
            "--empty",
            VOCAPP_SALESFORCE_DOMAIN="acme.my",
            VOCAPP_SALESFORCE_CONSUMER_KEY=CONSUMER_KEY,
            VOCAPP_SALESFORCE_CONSUMER_SECRET=CONSUMER_SECRET,
            VOCAPP_SALESFORCE_EMULATOR_URL=org.url,
            VOCAPP_OIDC_ISSUER=provider.address,
            VOCAPP_OIDC_CLIENT_ID=CLIENT_ID,
            VOCAPP_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        )
    )


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
def test_a_company_connects_salesforce_and_works_with_it(
    product: Product, org: SalesforceEmulator, provider: Provider, somebody: Somebody, trouble: Trouble
) -> None:
    trouble.welcome |= {org.url, provider.address}
    admin = somebody(at=product.url)
    set_up_the_company(admin, product.setup_link)
    add_user(admin, CSM, "Sofía Marín", "Customer success manager")
    sofia = somebody(at=product.url)
    choose_password(sofia, link_of_mail(admin, CSM))
    sign_in(sofia, CSM)
    plain = somebody(at=product.url, width=PHONE_WIDTH, javascript=False)
    sign_in(plain, ADMIN)

    connect_with_a_wrong_secret(admin)
    enter_the_right_secret_without_javascript(plain)
    deploy_the_package(admin, org)
    try_it_and_map(admin)
    say_what_is_mapped_how(admin)
    rehearse(admin, product, org)
    start_it(admin, product, org)
    ask_and_answer(admin, sofia, somebody, product)
    see_the_score_go_over(admin, org)
    change_people_on_both_sides(admin, sofia, org)
    undo_the_last_push(admin, org)
    be_refused(admin, sofia, org)
    look_at_every_page(admin, product, org)
    decide_without_javascript(plain, org)
    replay(admin, org)
    rest_and_go_on(admin)
    come_by_the_link_of_a_record(somebody(at=product.url), org)


def connect_with_a_wrong_secret(page: Page) -> None:
    go_to(page, "Settings")
    card(page, PLACE).get_by_role("link", name="Connections").click()
    look_at(page, PLACE)
    press(page, "Connect Salesforce")
    look_at(page, "Connect Salesforce")
    keys = Keys(page)
    keys.go_to(page.get_by_label("Name", exact=True))
    keys.write("Acme")
    keys.go_to(page.get_by_label("Use the server’s settings"))
    keys.press(" ")
    keys.go_to(page.get_by_label("As the integration user, with key and secret"))
    keys.go_to(page.get_by_label("My Domain"))
    keys.write("https://acme.my.salesforce.com/")
    keys.go_to(page.get_by_label("Consumer key"))
    keys.write(CONSUMER_KEY)
    keys.go_to(page.get_by_label("Consumer secret"))
    keys.write("not the secret")
    keys.press("Enter")
    look_at(page, "Setting up Acme")
    press(page, "Test the connection")
    expect(card(page, "Test").get_by_role("status")).to_contain_text("another look")
    failed = page.locator(".v-check-line").filter(has=page.get_by_role("img", name="not fine")).first
    expect(failed).to_contain_text("secret")
    look_at(page, "Setting up Acme")


def enter_the_right_secret_without_javascript(page: Page) -> None:
    page.goto("/settings/connections")
    row(page, "Acme").get_by_role("link").first.click()
    page.get_by_role("link", name="Change how it signs in").click()
    expect(page.get_by_label("Consumer secret")).to_have_value("")
    page.get_by_label("Consumer secret").fill(CONSUMER_SECRET)
    press(page, "Save and go on")
    expect_message(page, "Saved. Test the connection")


def deploy_the_package(page: Page, org: SalesforceEmulator) -> None:
    press(page, "Fields for the scores")
    look_at(page, "Fields for Salesforce")
    press(page, "Sign in as an administrator")
    press(page, "Allow")
    look_at(page, "Back from Salesforce")
    press(page, "Finish")
    for act, words in {"Check only": "nothing was kept", "Deploy": "Deployed."}.items():
        press(page, act)
        expect(page.locator("#deployment")).to_contain_text(words)
        is_there = "VOC_Integration" in org.org.schema.permission_sets
        assert is_there == (act == "Deploy")
    look_at(page, "Fields for Salesforce")
    press(page, "Forget the administrator’s access")
    expect_message(page, "forgotten")
    org.assign_permission_set("VOC_Integration")


def try_it_and_map(page: Page) -> None:
    press(page, "To the test")
    press(page, "Test the connection")
    expect(card(page, "Test").get_by_role("status")).to_have_text("Everything works.")
    look_at(page, "Setting up Acme")
    press(page, "Propose the mapping")
    expect_message(page, "fields were mapped.")


def say_what_is_mapped_how(page: Page) -> None:
    row(page, "Contact").get_by_role("link").first.click()
    page.get_by_role("link", name="Title", exact=True).click()
    expect(page.get_by_label("Their field")).to_have_value("Title")
    fill_in(page, {"When both changed it": "Theirs counts"})
    press(page, "Save")
    expect_message(page, "Saved")
    expect(row(page, "Title")).to_contain_text("Theirs counts")
    press(page, "Mapping")
    row(page, "Account").get_by_role("link").first.click()
    for theirs, tier in {"Strategic": "Tier 1", "Enterprise": "Tier 2"}.items():
        page.get_by_text("Add a line").click()
        fill_in(page, {"When their field": "Tier__c", "holds": theirs, "then it is": tier})
        press(page, "Add")
        expect(card(page, "Tiers by rule")).to_contain_text(re.compile(f"{theirs}.*{tier}", re.S))
    expect(row(page, "Tier")).to_contain_text("by rules")


def rehearse(page: Page, product: Product, org: SalesforceEmulator) -> None:
    press(page, "Acme")
    press(page, "Go on setting it up")
    org.clear_log()
    ask_for_run(page, org, "Dry run")
    press(page, "Go on setting it up")
    page.get_by_role("link", name=re.compile("The last dry run")).click()
    expect(row(page, ACCOUNT)).to_contain_text(re.compile("the record itself.*here", re.S))
    expect(page.get_by_text("Nothing was written, here or over there.")).to_be_visible()
    page.goto(f"{page.url}?page=999")
    expect(page.get_by_role("row").filter(has_text="VOC_Profile_URL__c").first).to_contain_text("over there")
    assert org.requests("POST", "oauth2/token"), "the dry run asked the org"
    assert not writes_to(org)
    assert product.count("accounts") == 0


def start_it(page: Page, product: Product, org: SalesforceEmulator) -> None:
    press(page, "Acme")
    press(page, "Go on setting it up")
    press(page, "Start")
    expect_message(page, "It runs by itself from now on")
    ask_for_run(page, org, "Run now")
    assert (product.count("accounts"), product.count("opportunities")) == (40, 79)
    page.goto("/search?q=norddeutsche werft")
    expect(page.get_by_role("link", name=ACCOUNT)).to_be_visible()
    page.goto("/search?q=jurgen weiss")
    expect(page.get_by_role("link", name="Jürgen Weiß").first).to_be_visible()


def ask_and_answer(admin: Page, sofia: Page, somebody: Somebody, product: Product) -> None:
    go_to(sofia, "Board")
    press(sofia, "Start a wave")
    fill_in(sofia, {"Name of the wave": "First question"})
    press(sofia, "Next: accounts")
    sofia.get_by_label(ACCOUNT).check()
    press(sofia, "Next: people")
    press(sofia, "Next: message")
    fill_in(sofia, {"Your note": "We have worked together for a while now. How do we do?"})
    press(sofia, "Next: check")
    sofia.get_by_label("Send at any hour").check()
    press(sofia, re.compile("^Ask"))
    expect_message(sofia, "The wave is on its way.")
    admin.goto("/mailbox?q=nordwerft.example")
    invited = admin.get_by_role("row").filter(has_text="nordwerft.example")
    reload_until(admin, lambda: invited.count() > 0, "nobody was asked")
    invited.first.get_by_role("link").first.click()
    link = admin.frame_locator("iframe").get_by_role("link", name="9", exact=True).get_attribute("href") or ""
    customer = somebody(at=product.url, width=PHONE_WIDTH)
    customer.goto(link)
    customer.wait_for_timeout(A_GLANCE)
    customer.locator("form button[type=submit]").last.click()
    until(lambda: product.count("responses") == 1, "the answer does not arrive")


def see_the_score_go_over(page: Page, org: SalesforceEmulator) -> None:
    page.goto(f"/search?q={ACCOUNT}")
    page.get_by_role("link", name=ACCOUNT).click()
    figure = page.locator(".v-standing-figure")
    reload_until(page, lambda: bool(re.search(r"\d", figure.inner_text())), "the account has no score")
    shown = figure.inner_text()
    open_the_connection(page)
    ask_for_run(page, org, "Run now")
    there = account_there(org)
    assert shown.startswith(f"{there['VOC_Relationship_Score__c']:.0f}")
    assert there["VOC_Response_Count__c"] == 1
    [answer] = org.rows("VOC_Survey_Response__c")
    assert (answer["Account__c"], answer["NPS__c"]) == (there["Id"], 9)


def change_people_on_both_sides(admin: Page, sofia: Page, org: SalesforceEmulator) -> None:
    for number, person in enumerate(people_there(org)[:2]):
        domain = person["Email"].partition("@")[2]
        edit(sofia, person, {"E-mail": f"ours{number}@{domain}", "Phone": f"{NEW_PHONE}{number}"})
        org.update(person["Id"], Email=f"theirs{number}@{domain}")
    open_the_connection(admin)
    ask_for_run(admin, org, "Run now")
    assert phones(org) == {f"{NEW_PHONE}0", f"{NEW_PHONE}1"}
    card(admin, "Waits for you").get_by_role("link", name="Conflicts").click()
    expect(admin.get_by_role("row").filter(has_text="ours0@")).to_contain_text("theirs0@")


def undo_the_last_push(page: Page, org: SalesforceEmulator) -> None:
    open_the_connection(page)
    press(page, "Undo the last push")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("become what they were before")
    look_at(page, "Acme")
    dialog.get_by_role("button", name="Undo the last push").click()
    wait_for_run(page)
    assert all(phone.startswith("+49 30 55") for phone in phones(org))


def be_refused(admin: Page, sofia: Page, org: SalesforceEmulator) -> None:
    org.add_simple_rule("Contact", "Phone", "matches", "Write phones as +49 …", "^0")
    person = people_there(org)[0]
    edit(sofia, person, {"Phone": REFUSED_PHONE})
    open_the_connection(admin)
    ask_for_run(admin, org, "Run now")
    card(admin, "Waits for you").get_by_role("link", name="Refused records").click()
    refused = row(admin, person["LastName"])
    expect(refused).to_contain_text("Write phones as +49 …")
    expect(refused).to_contain_text("FIELD_CUSTOM_VALIDATION_EXCEPTION")


def decide_without_javascript(page: Page, org: SalesforceEmulator) -> None:
    open_the_connection(page)
    card(page, "Waits for you").get_by_role("link", name="Conflicts").click()
    page.get_by_label("everything in this list").check()
    press(page, "Take theirs")
    expect_message(page, "2 conflicts are decided.")
    expect(page.get_by_text("No conflicts")).to_be_visible()
    person = people_there(org)[0]
    page.goto(f"/search?q={person['Email']}")
    expect(page.get_by_role("link", name=person["LastName"])).to_be_visible()


def replay(page: Page, org: SalesforceEmulator) -> None:
    org.clear_rules()
    open_the_connection(page)
    card(page, "Waits for you").get_by_role("link", name="Refused records").click()
    page.get_by_role("checkbox", name=re.compile("Weiß")).check()
    press(page, "Replay")
    expect_message(page, "One record travels again with the next run.")
    open_the_connection(page)
    ask_for_run(page, org, "Run now")
    assert REFUSED_PHONE in phones(org)


def rest_and_go_on(page: Page) -> None:
    press(page, "Pause")
    expect_message(page, "Nothing is lost")
    expect(page.get_by_text("none while it is paused")).to_be_visible()
    press(page, "Resume")
    expect_message(page, "It runs by itself from now on")


def come_by_the_link_of_a_record(page: Page, org: SalesforceEmulator) -> None:
    page.goto(account_there(org)["VOC_Profile_URL__c"])
    press(page, "Sign in with your company account")
    look_at(page, ACCOUNT)


def open_the_connection(page: Page) -> None:
    page.goto("/settings/connections")
    row(page, "Acme").get_by_role("link").first.click()


def edit(page: Page, person: dict[str, str], entries: dict[str, str]) -> None:
    page.goto(person["VOC_Profile_URL__c"])
    press(page, "Edit")
    fill_in(page, entries)
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{person['FirstName']} {person['LastName']}")


def account_there(org: SalesforceEmulator) -> dict[str, object]:
    return next(one for one in org.rows("Account") if one["Name"] == ACCOUNT)


def people_there(org: SalesforceEmulator) -> list[dict[str, str]]:
    return [one for one in org.rows("Contact") if one["AccountId"] == account_there(org)["Id"]]


def phones(org: SalesforceEmulator) -> set[str]:
    return {one["Phone"] for one in people_there(org)[:2]}
