"""The pages of the exchange, for administrators and for those who compare."""

import io

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_company, a_user
from tests.conftest import CheckingClient
from tests.vocapp.benchmarks.builders import a_scored_account
from tests.vocapp.exchange.files import FINGERPRINT, THEIRS, a_content, a_file, a_summary
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.exchange import service
from vocapp.exchange.document import write_file
from vocapp.exchange.models import ExchangeExport, ExchangeImport, ExchangePartner
from vocapp.exchange.rules import Cell, Cohort, Exchanged
from vocapp.identity.rules import RoleName

GROUPS = " ".join(FINGERPRINT[at : at + 4] for at in range(0, 32, 4))


@pytest.fixture(autouse=True)
def _company(app: object) -> None:
    a_company()


def upload(client: CheckingClient, content: bytes) -> str:
    sent = {"file": (io.BytesIO(content), "theirs.json")}
    response = client.post("/settings/exchange/import", data=sent, follow_redirects=True)
    return response.get_data(as_text=True)


def test_an_administrator_makes_the_key_looks_at_the_file_and_downloads_it(client: CheckingClient) -> None:
    for step in range(12):
        a_scored_account(strength=40.0 + step, region="EMEA")
    client.sign_in(a_user(RoleName.ADMIN))
    assert "Make our key" in client.get("/settings/exchange").text
    assert "Fingerprint" in client.post("/settings/exchange/key", follow_redirects=True).text
    page = client.get("/settings/exchange/export?first=region").text
    assert "12 accounts, 60 answers" in page
    assert db.session.scalars(select(ExchangeExport)).all() == []
    response = client.post("/settings/exchange/export", data={"source": "Kestrel", "first": "region"})
    assert response.headers["Content-Disposition"].startswith("attachment; filename=benchmarks-")
    assert b'"source": "Kestrel"' in response.data
    assert "as “Kestrel”" in client.get("/settings/exchange").text
    bad = client.post("/settings/exchange/export", data={"source": "K" * 81, "first": "region"})
    assert bad.status_code == 422


def test_an_export_without_anything_to_tell_says_so(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    assert "no cohort of five people" in client.get("/settings/exchange/export").text
    assert client.post("/settings/exchange/export", data={"first": "tier"}).status_code == 422


def test_a_file_comes_in_by_page_and_goes_again(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    assert GROUPS in upload(client, a_file())
    form = {"fingerprint": "no", "name": "Harrier"}
    assert "32 digits" in client.post("/settings/exchange/trust", data=form).text
    form["fingerprint"] = GROUPS
    page = client.post("/settings/exchange/trust", data=form, follow_redirects=True).text
    assert "Files signed by Harrier can come in now" in page
    assert "altered or damaged" in upload(client, a_file().replace(b'"mean": 55', b'"mean": 56'))
    assert "signed, key trusted" in upload(client, a_file())
    assert "imported before" in upload(client, a_file())
    (import_id,) = db.session.scalars(select(ExchangeImport.id))
    (key_id,) = db.session.scalars(select(ExchangePartner.id))
    page = client.post(f"/settings/exchange/partners/{key_id}/forget", follow_redirects=True).text
    assert "key no longer trusted" in page
    assert client.post(f"/settings/exchange/partners/{key_id}/forget").status_code == 404
    assert client.post(f"/settings/exchange/imports/{import_id}/remove").status_code == 302
    assert client.post(f"/settings/exchange/imports/{import_id}/remove").status_code == 404


def test_accounts_stand_among_those_of_partners_with_what_that_is_made_of(client: CheckingClient) -> None:
    today = utcnow().date()
    ana = a_user()
    for step in range(12):
        a_scored_account(strength=20.0 + 5 * step, region="EMEA", name=f"Secret {step}")
    a_scored_account(strength=60.0, region="emea", name="Mine", owner_id=ana.id)
    cells = [
        Cell(Exchanged.STRENGTH, Cohort(), a_summary(180)),
        Cell(Exchanged.STRENGTH, Cohort(region="EMEA"), a_summary(80)),
    ]
    with transaction():
        service.trust(FINGERPRINT, name="Harrier", by=None, now=NOW)
        said = a_content(*cells, made_on=today, to_on=today)
        service.import_file(write_file(said, THEIRS), by=None, now=utcnow())
    client.sign_in(ana)
    page = client.get("/benchmarks/with-others").text
    assert "Mine" in page
    assert "Secret" not in page
    assert "your 12 other accounts and 80 of one partner" in page
    assert "signed, key trusted" in page
    assert "180 accounts, 540 answers" in client.get("/benchmarks/of-others?measure=strength").text
    assert "180 accounts, 540 answers" in client.get("/benchmarks").text
    for measure in Exchanged:
        assert client.get(f"/benchmarks/with-others?measure={measure}").status_code == 200
        assert client.get(f"/benchmarks/of-others?measure={measure}").status_code == 200
    assert client.get("/settings/exchange").status_code in {403, 404}
