"""Forms of the staff pages when people reach us over TLS."""

import re
from collections.abc import Callable
from pathlib import Path

from integrations.dns import FixedResolver
from tests.conftest import make_schema, settings_for
from vocapp.app import create_app
from vocapp.core.db import db
from vocapp.core.gateways import make_gateways


def test_a_form_works_without_the_referer_that_our_policy_withholds(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url, site = new_database(), "https://voice.vendor.example"
    app = create_app(gateways=make_gateways(settings_for(url, tmp_path, base_url=site), dns=FixedResolver()))
    make_schema(url)
    client = app.test_client()
    page = client.get("/login", base_url=site)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None
    fields = {"csrf_token": found[1], "email": "nobody@vendor.example", "password": "not the password"}
    assert client.post("/login", data=fields, base_url=site).status_code == 200
    assert client.post("/login", data={**fields, "csrf_token": "x"}, base_url=site).status_code == 400
    with app.app_context():
        db.engine.dispose()
