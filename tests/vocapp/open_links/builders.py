"""Links that belong to nobody, and visitors who follow them."""

import re
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.builders import NOW, a_company, a_user, save
from tests.vocapp.responses.surveys import SURVEYS, published
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.open_links.queries import token_of
from vocapp.open_links.rules import OpenLinkKind
from vocapp.open_links.service import create_open_link

SITE = "https://www.example.com"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36"
}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def an_open_link(
    kind: OpenLinkKind = OpenLinkKind.EVENT,
    *,
    survey: str = "nps",
    origins: tuple[str, ...] = (SITE,),
    closes_at: datetime | None = None,
    by: User | None = None,
    **values: Any,
) -> OpenLink:
    """A link; `survey` is the key of one of the tests' surveys or of the library."""
    a_company()
    by = by or a_user(RoleName.LEADER)
    if survey in SURVEYS:
        published(SURVEYS[survey])
    with transaction():
        link = create_open_link(
            kind,
            name="Spring fair",
            survey_key=SURVEYS[survey]["key"] if survey in SURVEYS else survey,
            allowed_origins=origins,
            closes_at=closes_at,
            by=by,
            now=NOW,
        )
    for name, value in values.items():
        setattr(link, name, value)
    return save(link)


def address_of(link: OpenLink) -> str:
    return f"/{'e' if link.kind == OpenLinkKind.EVENT else 'embed'}/{token_of(link)}"


def fields_in(page: TestResponse) -> dict[str, str]:
    """The hidden fields of a page's form, without the mark of when it was opened: tests are quick."""
    fields = dict(_HIDDEN.findall(page.get_data(as_text=True)))
    fields.pop("opened", None)
    return fields


def send(client: FlaskClient, address: str, fields: dict[str, str], **typed: str) -> TestResponse:
    return client.post(address, data={**fields, **typed}, headers=BROWSER)


def open_answers() -> list[OpenResponse]:
    db.session.expire_all()
    return list(db.session.scalars(select(OpenResponse).order_by(OpenResponse.id)))
