"""The pages of connections: going through them by keyboard, waiting for runs, and looking at each of them."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.journeys.person import PHONE_WIDTH, look_at_both, press, reload_until
from tests.journeys.product import Product
from tests.salesforce_emulator.server import SalesforceEmulator

MOST_TABS = 60
HOME = "/settings/connections"
ANYTHING = re.compile(".")
TABLES = (
    "crm_connections",
    "crm_mappings",
    "crm_fields",
    "crm_runs",
    "crm_conflicts",
    "crm_refusals",
    "crm_pushes",
    "audit_entries",
)


@dataclass
class Keys:
    """A keyboard, and nothing else."""

    page: Page

    def go_to(self, control: Locator) -> None:
        """Press Tab until a control has the focus."""
        for _ in range(MOST_TABS):
            if control.evaluate("control => control === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not get to {control}")

    def write(self, text: str) -> None:
        """Put a text in the place of what stands in the field."""
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)


def ask_for_run(page: Page, org: SalesforceEmulator, button: str) -> None:
    """Press a button that asks for a run, three minutes after what happened so far, and wait for its end."""
    org.advance(180)
    press(page, button)
    wait_for_run(page)


def wait_for_run(page: Page) -> None:
    """Wait on the page of a connection until no run is waiting or under way."""
    expect(page.locator("#progress").or_(page.get_by_text("Waits for you"))).not_to_have_count(0)
    reload_until(page, lambda: page.locator("#progress").count() == 0, "the run does not end")


def writes_to(org: SalesforceEmulator) -> list[dict[str, Any]]:
    """Return the requests that change records."""
    changing = [one for one in org.requests() if one["method"] in {"PATCH", "DELETE", "PUT"}]
    made = [
        one
        for one in org.requests("POST", r"/(sobjects/?$|jobs/ingest|sobjects/\w+/?$)")
        if '"ids"' not in one["body"]
    ]
    return changing + made


def look_at_every_page(page: Page, product: Product, org: SalesforceEmulator) -> None:
    """Look at each page of a connection, wide and narrow, light and dark; nothing changes."""
    page.goto(HOME)
    home = page.get_by_role("row").nth(1).get_by_role("link").first.get_attribute("href") or ""
    page.goto(f"{home}/mapping")
    account = page.get_by_role("link", name="Account", exact=True).last.get_attribute("href")
    page.goto(home)
    last_run = page.get_by_role("link", name="The whole report").get_attribute("href")
    before, asked = _everything(product), len(org.requests())
    for path in (
        HOME,
        f"{HOME}/new/hubspot",
        home,
        f"{home}/connect",
        f"{home}/access",
        f"{home}/options",
        f"{home}/mapping",
        account,
        f"{account}/field?ours=renewal_date",
        f"{home}/mapping/users",
        f"{home}/conflicts",
        f"{home}/refusals",
        f"{home}/records",
        f"{home}/package",
        last_run,
    ):
        page.goto(str(path))
        for width in (1280, PHONE_WIDTH):
            page.set_viewport_size({"width": width, "height": 800})
            look_at_both(page, ANYTHING)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    assert _everything(product) == before, "looking must record nothing"
    assert len(org.requests()) == asked, "looking must ask nothing over there"


def _everything(product: Product) -> dict[str, int]:
    return {name: product.count(name) for name in TABLES}
