"""What is typed into a form loses what no database keeps and no page may show."""

import pytest
from sqlalchemy import select

from tests.builders import a_user
from tests.conftest import CheckingClient
from vocapp.core.db import db
from vocapp.core.typed_text import storable
from vocapp.identity.rules import RoleName
from vocapp.open_links.models import OpenLink


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("one\ttwo\r\nthree", "one\ttwo\r\nthree"),
        ("\ud800x\x7f", "x"),
        ("é漢", "é漢"),
        (None, None),
    ],
)
def test_only_what_cannot_be_kept_is_left_out(typed: str | None, kept: str | None) -> None:
    assert storable(typed) == kept


def test_a_form_keeps_a_name_without_what_no_database_takes(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    client.post("/open-links/new", data={"name": " At the\x00 fair ", "kind": "event", "survey": "pulse"})
    assert db.session.scalars(select(OpenLink.name)).all() == ["At the fair"]


def test_a_refused_form_shows_nothing_a_page_may_not_hold(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    refused = client.post("/surveys/new", data={"key": "a\x00b", "name": "", "source": "none"})
    assert refused.status_code == 422
    assert "\x00" not in refused.text
