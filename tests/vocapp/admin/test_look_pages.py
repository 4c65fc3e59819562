"""Settings: the logo and the colour that reports carry, through the pages."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import event, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.builders import a_company, a_user
from tests.conftest import CheckingClient
from vocapp.app import MAX_UPLOAD_BYTES
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.identity.branding import brand_of, read_logo
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.identity.rules import RoleName

PAGE = "/settings/look"


@pytest.fixture
def administrator(client: CheckingClient) -> User:
    a_company(name="Kestrel")
    user = a_user(RoleName.ADMIN)
    client.sign_in(user)
    return user


def a_logo(colour: str = "#aa0011", kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (900, 300), colour).save(file, kind)
    return file.getvalue()


def uploaded(client: CheckingClient, content: bytes, name: str = "logo.png") -> TestResponse:
    # Encoded here: the test client would leave a large file open.
    boundary, body = encode_multipart({"logo": FileStorage(BytesIO(content), name)})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"{PAGE}/logo", data=body, content_type=kind, follow_redirects=True)


def acts() -> list[dict[str, Any]]:
    asked = select(AuditEntry.details).where(AuditEntry.action == "report_look_changed")
    return list(db.session.scalars(asked.order_by(AuditEntry.id)))


def test_a_logo_comes_is_shown_and_goes(client: CheckingClient, administrator: User) -> None:
    assert client.get(f"{PAGE}/logo.png").status_code == 404
    assert "No logo yet" in client.get(PAGE).text

    # What the file is called says nothing about what it is.
    assert "Reports carry this logo" in uploaded(client, a_logo(kind="WEBP"), "logo.svg").text
    served = client.get(f"{PAGE}/logo.png")
    headers = served.headers
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert served.data == read_logo(a_logo(kind="WEBP"))
    assert 'width="720" height="240"' in client.get(PAGE).text

    assert "Reports carry this logo" in uploaded(client, a_logo("#0011aa")).text
    assert "Nothing changed." in uploaded(client, a_logo("#0011aa")).text
    assert "The logo is gone." in client.post(f"{PAGE}/logo/remove", follow_redirects=True).text
    assert "There is no logo." in client.post(f"{PAGE}/logo/remove", follow_redirects=True).text
    assert brand_of(company())["logo"] is None
    assert [act["logo"].split()[-1] for act in acts()] == ["bytes", "bytes", "removed"]


def test_what_is_no_logo_is_told_at_the_file_and_changes_nothing(
    client: CheckingClient, administrator: User
) -> None:
    uploaded(client, a_logo())
    before = brand_of(company())
    script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for content, sentence in (
        (script, "This is an SVG drawing; save it as PNG"),
        (bytes(40 * 2**20), "The file is larger than 2 MB"),
        (b"", "The file is empty"),
    ):
        refused = uploaded(client, content)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert "alert(1)" not in refused.text
    assert "Choose a picture first." in client.post(f"{PAGE}/logo").text
    assert client.get(f"{PAGE}/logo").status_code == 200
    assert brand_of(company()) == before
    assert len(acts()) == 1


def test_a_colour_is_looked_at_first_then_saved_and_never_a_pale_one(
    client: CheckingClient, administrator: User
) -> None:
    look = client.post(f"{PAGE}/accent", data={"accent": "AA0011", "look_first": "1"})
    assert look.text.count('fill="#aa0011"') == 2
    assert "With #aa0011, which is not saved yet." in look.text
    assert brand_of(company())["accent"] == "#0f5261"

    pale = client.post(f"{PAGE}/accent", data={"accent": "#ffee00"})
    assert pale.status_code == 422
    assert "the nearest darker colour that works is #817800." in pale.text
    assert 'value="#ffee00"' in pale.text
    assert pale.text.count('fill="#0f5261"') == 2

    assert "Saved." in client.post(f"{PAGE}/accent", data={"accent": "AA0011"}, follow_redirects=True).text
    again = client.post(f"{PAGE}/accent", data={"accent": "#aa0011"}, follow_redirects=True)
    assert "Nothing changed." in again.text
    assert again.text.count('fill="#aa0011"') == 2
    assert brand_of(company())["accent"] == "#aa0011"
    assert acts() == [{"accent": "#aa0011", "before": "#0f5261"}]


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
def test_nobody_else_finds_the_page_or_the_logo(
    client: CheckingClient, administrator: User, role: RoleName
) -> None:
    uploaded(client, a_logo())
    client.sign_in(a_user(role))
    assert {client.get(f"{PAGE}{part}").status_code for part in ("", "/logo.png", "/logo", "/accent")} == {
        404
    }
    assert client.post(f"{PAGE}/logo/remove").status_code in (403, 404)
    assert brand_of(company())["logo"]


def test_pages_that_name_the_company_do_not_load_its_logo(
    client: CheckingClient, administrator: User
) -> None:
    uploaded(client, a_logo())
    db.session.expire_all()
    statements: list[str] = []
    listen = (db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    event.listen(*listen)
    try:
        client.get("/settings")
    finally:
        event.remove(*listen)
    assert any("company.accent" in statement for statement in statements)
    assert not any("company.logo" in statement for statement in statements)


@pytest.mark.parametrize("is_checked", [False, True])
def test_a_file_larger_than_anything_may_be_is_refused_in_a_sentence_about_logos(
    app: Flask, client: CheckingClient, administrator: User, monkeypatch: pytest.MonkeyPatch, is_checked: bool
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", is_checked)
    answer = uploaded(client, bytes(MAX_UPLOAD_BYTES + 1))
    assert answer.status_code == 413
    assert "A logo may have 2 MB at most" in answer.text
    assert brand_of(company())["logo"] is None
