"""The pages of sharing: whom it goes to, what waits, what is made by itself."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_contact, a_user, an_account
from tests.vocapp.sharing.builders import a_paper, a_schedule, a_share
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.sharing.models import ReportSchedule, ReportShare
from vocapp.sharing.rules import Rhythm, ShareState


@pytest.fixture
def csm(client):
    a_company()
    user = a_user(name="Ana Ferreira")
    client.sign_in(user)
    return user


@pytest.fixture
def account(csm):
    return an_account(owner_id=csm.id, name="Alderbrook Bank")


def again(sent: dict) -> dict:
    """The form that schedules, as it is sent."""
    return {f"again-{name}": value for name, value in sent.items()}


def text(answer) -> str:
    return answer.get_data(as_text=True)


def test_sending_scheduling_pausing_and_removing(client, csm, account):
    reader = a_contact(account, first_name="Deniz", last_name="Okafor")
    report = a_paper(account, csm)
    address = f"/reports/{report.id}/share"
    assert f"Deniz Okafor · {reader.email}" in text(client.get(address))
    refused = client.post(address, data={})
    assert refused.status_code == 422
    assert "Choose at least one person" in text(refused)
    client.post(address, data={"contacts": [reader.id], "note": "Here it is."})
    share = db.session.scalars(select(ReportShare)).one()
    assert share.state == ShareState.TO_APPROVE
    assert "waits for approval" in text(client.get(address))
    sent = {"rhythm": "before_renewal", "days": "30", "is_me": "y", "contacts": [reader.id]}
    client.post(f"/reports/{report.id}/schedule", data=again(sent))
    schedule = db.session.scalars(select(ReportSchedule)).one()
    page = text(client.get("/reports/schedules"))
    assert "30 days before the renewal" in page
    assert "Ana Ferreira" in page
    schedule.rhythm = Rhythm.BEFORE_REVIEW
    db.session.flush()
    assert "the account has no such date yet" in text(client.get("/reports/schedules"))
    account.review_date = date(2026, 9, 30)
    db.session.flush()
    page = text(client.get("/reports/schedules"))
    assert "30 days before the business review" in page
    assert "no such date" not in page
    client.post(f"/reports/schedules/{schedule.id}/pause")
    assert "paused" in text(client.get("/reports/schedules"))
    client.post(f"/reports/schedules/{schedule.id}/drop")
    assert "Nothing is scheduled" in text(client.get("/reports/schedules"))


def test_approving_and_keeping_back(client, csm, account):
    report = a_paper(account, csm)
    first, second = (a_share(report, csm, a_contact(account)) for _each in range(2))
    page = text(client.get("/reports/approvals"))
    assert page.count("Read the PDF") == 2
    assert f"{first.contact.email}; asked for by Ana Ferreira" in page
    assert "2 reports for customers wait for your approval" in text(client.get("/"))
    refused = client.post(f"/reports/approvals/{first.id}/send", data={"note": "Dear {{unknown}}"})
    assert refused.status_code == 422
    assert "Nobody fills" in text(refused)
    assert text(refused).count("Dear {{unknown}}") == 1
    client.post(f"/reports/approvals/{first.id}/send", data={"note": "Hello"})
    client.post(f"/reports/approvals/{second.id}/keep")
    db.session.expire_all()
    assert [first.state, second.state] == [ShareState.SENT, ShareState.DECLINED]
    assert "Nothing waits for you" in text(client.get("/reports/approvals"))
    assert "for your approval" not in text(client.get("/"))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"rhythm": "monthly", "days": "40", "is_me": "y"}, "from 1 to 31"),
        ({"rhythm": "monthly", "days": "1"}, "at least one person"),
        ({"rhythm": "weekly", "days": "1", "is_me": "y"}, "Not a valid choice"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_in_a_sentence(client, csm, account, sent, said):
    answer = client.post(f"/reports/{a_paper(account, csm).id}/schedule", data=again(sent))
    assert answer.status_code == 422
    assert said in text(answer)
    assert db.session.scalars(select(ReportSchedule)).all() == []


def test_others_see_neither_the_share_nor_the_schedule(client, csm, account):
    report = a_paper(account, csm)
    share, schedule = a_share(report, csm, a_contact(account)), a_schedule(account, csm)
    client.sign_in(a_user(RoleName.CSM))
    assert client.get(f"/reports/{report.id}/share").status_code == 404
    assert client.post(f"/reports/approvals/{share.id}/send").status_code == 404
    assert client.post(f"/reports/schedules/{schedule.id}/drop").status_code == 404


def test_an_executive_reads_where_a_report_went_and_finds_no_button_that_refuses(client, csm, account):
    share = a_share(a_paper(account, csm), csm, a_contact(account, first_name="Deniz", last_name="Okafor"))
    client.post("/logout")
    client.sign_in(a_user(RoleName.EXECUTIVE))
    for address in (f"/reports/{share.report_id}/share", "/reports/approvals"):
        page = text(client.get(address))
        assert "Deniz Okafor" in page
        assert "/reports/approvals/" not in page
        assert f'action="/reports/{share.report_id}' not in page
