"""Reports as programs ask for them, watch them and take their files."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from tests.builders import a_company, a_user, a_wave, an_account
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import Program, a_program
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.reports.models import Report
from vocapp.reports.service import fail_report, finish_report
from vocapp.workflows.render_report import render_report


@pytest.fixture
def leader(client: CheckingClient) -> User:
    a_company()
    return a_user(RoleName.LEADER)


@pytest.fixture
def program(client: CheckingClient, leader: User) -> Program:
    return a_program(client, leader)


def reports_there() -> int:
    return db.session.scalar(select(func.count()).select_from(Report)) or 0


def test_a_report_is_asked_for_watched_and_taken_home(program: Program, leader: User) -> None:
    asked = program.post("/reports", {"kind": "portfolio", "language": "de", "paper": "letter"})
    assert asked.status_code == 202
    place = asked.headers["Location"].removeprefix("/api/v1")
    waiting = program.get(place).json
    assert (waiting["state"], waiting["progress"], waiting["links"].keys()) == ("waiting", 0.0, {"self"})
    early = program.get(f"{place}/pdf")
    assert early.status_code == 409
    assert early.headers["Retry-After"] == "5"
    render_report({"report_id": asked.json["id"]})
    ready = program.get(place).json
    assert (ready["state"], ready["progress"], ready["edition"]) == ("ready", 1.0, 1)
    assert (ready["language"], ready["paper"], ready["snapshot_id"]) == ("de", "letter", ready["snapshot_id"])
    assert set(ready["links"]) == {"self", "pdf", "pptx", "xlsx"}
    pdf = program.get(ready["links"]["pdf"])
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert "attachment" in pdf.headers["Content-Disposition"]
    again = program.get(ready["links"]["pdf"], If_None_Match=pdf.headers["ETag"])
    assert again.status_code == 304
    assert load_workbook(BytesIO(program.get(ready["links"]["xlsx"]).data)).sheetnames
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "report_requested")).one()
    assert entry.actor_id == leader.id


def test_only_a_portfolio_is_there_as_slides(program: Program) -> None:
    asked = program.post("/reports", {"kind": "account", "account_id": an_account().id})
    assert program.get(f"/reports/{asked.json['id']}/pptx").status_code == 404
    assert program.get(f"/reports/{asked.json['id']}/docx").status_code == 404


def test_a_report_that_failed_says_why(program: Program) -> None:
    asked = program.post("/reports", {"kind": "portfolio"})
    with transaction():
        fail_report(db.session.get_one(Report, asked.json["id"]), "It took too long.", now=utcnow())
    told = program.get(f"/reports/{asked.json['id']}")
    assert (told.json["state"], told.json["failure"]) == ("failed", "It took too long.")
    assert program.get(f"/reports/{asked.json['id']}/pdf").status_code == 409


def test_each_kind_names_what_it_is_about(program: Program) -> None:
    account, csm, wave = an_account(external_id="A-5", external_key="A-5"), a_user(RoleName.CSM), a_wave()
    bodies: list[dict[str, Any]] = [
        {"kind": "account", "account_id": account.id, "audience": "customer"},
        {"kind": "account", "account_external_id": "A-5"},
        {"kind": "book", "csm_email": csm.email.upper()},
        {"kind": "wave", "wave_id": wave.id, "has_appendix": True},
    ]
    told = [program.post("/reports", body) for body in bodies]
    assert [answer.status_code for answer in told] == [202] * 4
    assert [answer.json["account_id"] for answer in told] == [account.id, account.id, None, None]
    assert told[2].json["csm_email"] == csm.email
    assert told[3].json["wave_id"] == wave.id
    assert [one["id"] for one in program.items("/reports?kind=book")] == [told[2].json["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "everything"},
        {"kind": "account"},
        {"kind": "account", "account_id": 99_999},
        {"kind": "account", "account_external_id": "nobody"},
        {"kind": "wave"},
        {"kind": "wave", "wave_id": 99_999},
        {"kind": "book"},
        {"kind": "book", "csm_email": "nobody@vendor.example"},
        {"kind": "portfolio", "language": "tlh"},
        {"kind": "portfolio", "paper": "a3"},
    ],
)
def test_a_report_that_cannot_be_names_the_field(program: Program, body: dict[str, Any]) -> None:
    answer = program.post("/reports", body)
    assert answer.status_code == 422
    assert len(answer.json["errors"]) == 1
    assert reports_there() == 0


def test_a_csm_asks_only_about_what_is_theirs(client: CheckingClient, leader: User) -> None:
    csm, other = a_user(RoleName.CSM), a_user(RoleName.CSM)
    account, wave = an_account(owner_id=other.id), a_wave(other)
    program = a_program(client, csm)
    bodies = (
        {"kind": "account", "account_id": account.id},
        {"kind": "account", "account_external_id": account.external_id},
        {"kind": "wave", "wave_id": wave.id},
        {"kind": "book", "csm_email": other.email},
    )
    assert [program.post("/reports", body).status_code for body in bodies] == [422] * 4
    assert reports_there() == 0
    assert program.post("/reports", {"kind": "book", "csm_email": csm.email}).status_code == 202


def test_a_csm_finds_no_report_of_others(client: CheckingClient, program: Program) -> None:
    report_id = program.post("/reports", {"kind": "portfolio"}).json["id"]
    with transaction():
        finish_report(db.session.get_one(Report, report_id), b"%PDF-", now=utcnow())
    stranger = a_program(client, a_user(RoleName.CSM))
    assert stranger.items("/reports") == []
    places = (f"/reports/{report_id}", f"/reports/{report_id}/pdf", f"/reports/{report_id}/xlsx")
    assert [stranger.get(place).status_code for place in places] == [404] * 3
