"""The portfolio page and search."""

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_user
from vocapp.identity.rules import RoleName

from .builders import a_customer, a_past_wave, answered, scored, stayed_silent


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leader(client):
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def text_of(client, path="/portfolio"):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def bubbles_of(client, path="/portfolio"):
    """The accounts that the chart of a page draws."""
    html = client.get(path).get_data(as_text=True)
    found = re.search(r'id="bubbles-spec">(.*?)</script>', html, re.DOTALL)
    assert found
    spec = json.loads(found[1])
    return next(layer for layer in spec["layer"] if layer["mark"]["type"] == "point")["data"]["values"]


def a_measured(owner, rating=9, **values):
    account = a_customer(owner, **values)
    wave = a_past_wave(owner)
    answered(wave, a_contact(account, personas=("decision_maker",)), rating)
    answered(wave, a_contact(account), rating)
    return account


def test_without_accounts_the_page_says_how_to_begin(client, leader):
    assert "No accounts yet" in text_of(client)


def test_without_scores_there_is_nothing_to_draw(client, leader):
    a_customer(a_user())
    text = text_of(client)
    assert "Nothing to draw yet" in text
    assert "bubbles-spec" not in text


def test_an_account_is_drawn_where_it_was_measured(client, leader):
    account = a_measured(a_user(), name="Yarrow")
    scored()
    row = bubbles_of(client)[0]
    assert (row["id"], row["name"], row["x"]) == (account.id, "Yarrow", 1.0)


def test_one_account_is_a_chart_of_one(client, leader):
    a_measured(a_user())
    scored()
    assert "Of one account, 1 is in the strong corner" in text_of(client)


def test_a_silent_account_is_named_and_never_drawn_at_zero(client, leader):
    owner = a_user()
    a_measured(owner)
    silent = a_customer(owner, name="Meridian")
    stayed_silent(a_past_wave(owner), a_contact(silent))
    scored()
    text = text_of(client)
    assert "1 account is not on the chart: people there were asked, and nobody has answered." in text
    assert "Look first at Meridian" in text
    assert silent.id not in [row["id"] for row in bubbles_of(client)]


def test_other_axes_are_chosen_in_the_address(client, leader):
    a_measured(a_user())
    scored()
    text = text_of(client, "/portfolio?x=footprint&y=strength")
    assert "silent risk" not in text
    assert '"title": "Footprint \\u2192"' in text


@pytest.mark.parametrize("query", ["x=evil", "y=", "x=strength&y=strength", "tier=x&page=0", "owner=nobody"])
def test_nonsense_in_the_address_is_no_error(client, leader, query):
    a_measured(a_user())
    scored()
    text_of(client, f"/portfolio?{query}")


def test_filters_stay_in_the_address_and_narrow_everything(client, leader):
    owner = a_user()
    a_measured(owner, name="Aaa", region="DACH")
    a_measured(owner, name="Zzz", region="Nordics")
    scored()
    assert [row["name"] for row in bubbles_of(client, "/portfolio?region=DACH")] == ["Aaa"]
    assert '<option value="DACH" selected>' in text_of(client, "/portfolio?region=DACH")


def test_currencies_stand_apart(client, leader):
    owner = a_user()
    a_measured(owner, arr=1000, currency="EUR")
    a_measured(owner, arr=2000, currency="USD")
    scored()
    text = text_of(client)
    assert "ARR in EUR" in text
    assert "ARR in USD" in text
    assert "compared within one currency" in text


def test_a_csm_sees_only_their_own_accounts(client):
    me = a_user()
    a_measured(me, name="Mine")
    a_measured(a_user(), name="Theirs")
    scored()
    client.sign_in(me)
    assert [row["name"] for row in bubbles_of(client)] == ["Mine"]
    assert "Theirs" not in text_of(client)


def test_a_trail_and_a_movement_lead_from_before_the_latest_wave(client, leader):
    owner = a_user()
    account = a_customer(owner, name="Yarrow")
    ana, ken = a_contact(account, personas=("decision_maker",)), a_contact(account)
    first = a_past_wave(owner, 30)
    answered(first, ana, 3)
    answered(first, ken, 3)
    scored(first.closed_at)
    latest = a_past_wave(owner, 5)
    answered(latest, ana, 10)
    answered(latest, ken, 10)
    scored()
    text = text_of(client)
    html = client.get("/portfolio").get_data(as_text=True)
    assert '"type": "trail"' in html
    movements = text[text.index("Movements") :]
    assert movements.index("Rose") < movements.index("Yarrow")


def test_a_part_of_the_map_is_asked_for_by_its_ends_and_nothing_else_is_drawn(client, leader):
    owner = a_user()
    a_measured(owner, name="Yarrow", rating=10)
    a_measured(owner, name="Umbra", rating=0)
    scored()
    path = "/portfolio?from_y=50&to_y=100"
    text = text_of(client, path)
    assert [row["name"] for row in bubbles_of(client, path)] == ["Yarrow"]
    assert "Shown: Sentiment 50% to 100%. 1 account lies outside." in text
    assert "Umbra" not in text


def test_a_corner_is_a_link_and_its_accounts_a_list_of_the_same_address(client, leader):
    owner = a_user()
    a_measured(owner, name="Yarrow", rating=10)
    a_measured(owner, name="Umbra", rating=0)
    scored()
    critics = client.get("/portfolio?x=engagement&y=sentiment&from_x=50&to_y=50").get_data(as_text=True)
    assert "Umbra" in critics
    found = re.search(r'href="(/portfolio/accounts\?[^"]*)" data-base', critics)
    assert found
    listed = text_of(client, unescape(found[1]))
    assert "Only the accounts of one part of the map are listed." in listed
    assert "Umbra" in listed
    assert "Yarrow" not in listed


def test_an_empty_part_says_how_many_lie_outside(client, leader):
    a_measured(a_user())
    scored()
    text = text_of(client, "/portfolio?to_x=1")
    assert "No account lies in this part" in text
    assert "1 account lies outside it." in text


def test_a_part_of_other_axes_is_forgotten_when_axes_change(client, leader):
    a_measured(a_user(), name="Yarrow")
    scored()
    path = "/portfolio?x=strength&y=sentiment&from_x=90&part_of=engagement+sentiment"
    assert [row["name"] for row in bubbles_of(client, path)] == ["Yarrow"]


@pytest.mark.parametrize(
    "query", ["from_x=nan", "from_x=inf&to_x=-inf", "from_y=%00", "to_y=abc", "from_x=1e999"]
)
def test_nonsense_for_a_part_limits_nothing(client, leader, query):
    a_measured(a_user(), name="Yarrow")
    scored()
    assert [row["name"] for row in bubbles_of(client, f"/portfolio?{query}")] == ["Yarrow"]


def test_an_account_is_found_by_part_of_its_name_in_any_script(client, leader):
    a_customer(a_user(), name="Ґалаґан Логістика")
    assert "Ґалаґан Логістика" in text_of(client, "/search?q=ґалаґан")


def test_a_person_is_found_with_their_account(client, leader):
    a_contact(a_customer(a_user(), name="Yarrow"), first_name="Ken", last_name="Ito")
    text = text_of(client, "/search?q=ito")
    assert "Ken Ito" in text
    assert "Yarrow" in text


def test_a_csm_finds_only_what_they_look_after(client):
    client.sign_in(a_user())
    a_contact(a_customer(a_user(), name="Yarrow"), last_name="Ito")
    assert "Nothing found" in text_of(client, "/search?q=yarrow")


def test_an_empty_search_asks_for_a_word(client, leader):
    assert "Type a part of a name" in text_of(client, "/search")


@pytest.mark.parametrize("address", ["/search?q=%00", "/portfolio?q=%00&tier=%00&owner=%00"])
def test_what_no_database_can_hold_is_not_looked_for(client, leader, address):
    assert client.get(address).status_code == 200
