"""Reports of a whole tier: each account once, one that fails in nobody's way, one ZIP."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_tier, a_user, an_account
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.reports.models import Report
from vocapp.reports.rules import ReportState

LOOKS = {"audience": "customer", "language": "de", "paper": "letter"}


@pytest.fixture
def leader(client):
    a_company()
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def test_every_customer_of_a_tier_once_and_the_zip_names_what_failed(client, leader):
    tier = a_tier("Tier 1")
    for name in ("Same Name", "Same Name", "Bad Luck"):
        an_account(name=name, tier_id=tier.id, owner_id=leader.id)
    an_account(name="Gone", tier_id=tier.id, owner_id=leader.id, status=AccountStatus.CHURNED)
    an_account(name="Elsewhere", owner_id=leader.id)
    answer = client.post("/reports/tier", data={"tier": tier.id, **LOOKS})
    address = answer.headers["Location"]
    reports = db.session.scalars(select(Report).order_by(Report.id)).all()
    assert [(one.audience, one.language, one.paper) for one in reports] == [("customer", "de", "letter")] * 3
    assert "3 are being drawn" in client.get(address).get_data(as_text=True)
    with transaction():
        for report in reports:
            report.state, report.pdf = ReportState.READY, b"%PDF of " + str(report.id).encode()
            if report.account.name == "Bad Luck":
                report.state, report.pdf, report.failure = ReportState.FAILED, None, "Drawing took too long."
    page = client.get(address).get_data(as_text=True)
    assert "2 of 3 are ready" in page
    assert "Drawing took too long." in page
    archive = ZipFile(BytesIO(client.get(f"{address}/reports.zip").data))
    assert len(archive.namelist()) == 3
    assert archive.read("not-drawn.txt").decode() == "Bad Luck: Drawing took too long.\n"
    assert sum(archive.read(name).startswith(b"%PDF of") for name in archive.namelist()) == 2


def test_an_empty_tier_is_refused_and_others_see_nothing_of_a_batch(client, leader):
    tier = a_tier("Tier 1")
    refused = client.post("/reports/tier", data={"tier": tier.id, **LOOKS})
    assert refused.status_code == 422
    assert "No account of yours is in Tier 1" in refused.get_data(as_text=True)
    an_account(tier_id=tier.id, owner_id=leader.id)
    address = client.post("/reports/tier", data={"tier": tier.id, **LOOKS}).headers["Location"]
    client.sign_in(a_user(RoleName.CSM))
    assert client.get(address).status_code == 404
    assert client.get(f"{address}/reports.zip").status_code == 404
