"""The dictionary of themes: the default until it is changed, then the administrator's."""

import pytest
from sqlalchemy import func, select

from surveys.comments import default_themes
from tests.builders import a_user
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import a_rich_wave, an_answer
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.results.dictionary import active_themes, listed_theme
from vocapp.results.models import Theme


@pytest.fixture(autouse=True)
def _signed_in(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Theme)) or 0


def test_looking_at_the_dictionary_stores_nothing(client: CheckingClient) -> None:
    page = client.get("/settings/themes")
    assert "Price and value" in page.text
    assert "is checked by hand" in page.text
    assert client.get("/settings/themes/price").status_code == 200
    assert client.get("/settings/themes/none").status_code == 404
    assert stored() == 0


def test_a_changed_word_sorts_comments_from_then_on(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, said={"why": "The zeppelin is late"})
    form = {"name_en": "Price", "words_en": "zeppelin, cost\ncost"}
    assert client.post("/settings/themes/price", data=form).status_code == 302
    theme = listed_theme("price")
    assert theme is not None
    assert theme.theme.words["en"] == ("zeppelin", "cost")
    assert "de" not in theme.theme.words
    assert stored() == len(default_themes())
    assert "(<bdi>zeppelin</bdi>)" in client.get(f"/waves/{wave.id}/results").text


def test_a_new_theme_stands_behind_all_others_under_a_key_of_its_own(client: CheckingClient) -> None:
    form = {"name_en": "Price", "words_en": "zeppelin"}
    assert client.post("/settings/themes/new", data=form).status_code == 302
    assert [theme.key for theme in active_themes()][-1] == "price-2"
    assert client.post("/settings/themes/new", data={"name_ja": "天気", "words_ja": "雨"}).status_code == 302
    assert [theme.key for theme in active_themes()][-1] == "theme"


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"words_en": "cost"}, "Give the theme a name in at least one language."),
        ({"name_en": "Cost", "words_en": "c"}, "too short"),
        ({"name_en": "Cost", "words_en": "c" * 41}, "too long"),
    ],
)
def test_a_theme_that_makes_no_sense_is_refused_with_what_was_typed(
    client: CheckingClient, form: dict[str, str], complaint: str
) -> None:
    page = client.post("/settings/themes/new", data=form)
    assert page.status_code == 200
    assert complaint in page.text
    assert form["words_en"] in page.text
    assert stored() == 0


def test_a_theme_that_is_not_in_use_sorts_nothing(client: CheckingClient) -> None:
    client.post("/settings/themes/price/switch")
    assert "price" not in [theme.key for theme in active_themes()]
    client.post("/settings/themes/price/switch")
    assert "price" in [theme.key for theme in active_themes()]


def test_the_default_comes_back(client: CheckingClient) -> None:
    client.post("/settings/themes/price", data={"name_en": "Money", "words_en": "money"})
    client.post("/settings/themes/reset")
    assert active_themes() == list(default_themes())
    assert stored() == 0


def test_with_every_theme_switched_off_nothing_is_analysed(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, said={"why": "The price"})
    for theme in default_themes():
        client.post(f"/settings/themes/{theme.key}/switch")
    assert "not analysed" in client.get(f"/waves/{wave.id}/results").text
