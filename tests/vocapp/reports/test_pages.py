"""Asking for a report, watching it, taking it home; and who may."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.builders import NOW, a_user, a_wave, an_account, save
from tests.conftest import make_schema
from tests.vocapp.reports.builders import an_account_with_a_story, opened
from vocapp.app import create_app
from vocapp.commands.reports import report as command
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.identity.rules import RoleName
from vocapp.reports.models import Report
from vocapp.reports.rules import Order, ReportKind, ReportState
from vocapp.reports.service import request_report
from vocapp.worker import run_due_jobs
from vocapp.workflows.render_report import render_report


def a_report(account=None, **values):
    account = account or an_account()
    defaults = {
        "kind": "account",
        "account_id": account.id,
        "requested_by": a_user().id,
        "created_at": utcnow(),
    }
    return save(Report(**{**defaults, **values}))


def a_finished_report(account=None, **values):
    return a_report(
        account, **{"state": ReportState.READY, "pdf": b"%PDF-1.7 drawn", "snapshot": {}, **values}
    )


@pytest.fixture
def owner(client):
    person = a_user(name="Ana Costa")
    client.sign_in(person)
    return person


def text(response):
    return response.get_data(as_text=True)


def test_waves_to_choose_stand_with_their_csm(client, owner):
    wave = a_wave(owner)
    assert f"{wave.name} · Ana Costa" in text(client.get("/reports/new"))


def test_asking_leads_to_the_reports_page_and_queues_one_job(client, owner):
    account = an_account(owner_id=owner.id)
    answer = client.post(f"/accounts/{account.id}/report")
    report = db.session.scalars(select(Report)).one()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/reports/{report.id}")
    jobs = db.session.scalars(select(Job).where(Job.kind == "render_report")).all()
    assert [job.payload for job in jobs] == [{"report_id": report.id}]


def test_a_report_that_is_drawn_can_be_downloaded(client, owner):
    account = an_account_with_a_story("Juniper & Rowe", owner_id=owner.id)
    client.post(f"/accounts/{account.id}/report")
    run_due_jobs()
    report = db.session.scalars(select(Report)).one()
    assert "Download the PDF" in text(client.get(f"/reports/{report.id}"))
    answer = client.get(f"/reports/{report.id}/report.pdf")
    assert answer.mimetype == "application/pdf"
    assert "Juniper-Rowe-" in answer.headers["Content-Disposition"]
    assert len(opened(answer.data).pages) == 2


def test_a_report_that_waits_asks_again_by_itself(client, owner):
    report = a_report(an_account(owner_id=owner.id))
    assert f'hx-get="/reports/{report.id}"' in text(client.get(f"/reports/{report.id}"))


def test_the_part_that_polls_is_only_a_part(client, owner):
    report = a_report(an_account(owner_id=owner.id))
    part = text(client.get(f"/reports/{report.id}", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert "Being drawn" in part


def test_a_finished_report_stops_asking(client, owner):
    report = a_finished_report(an_account(owner_id=owner.id))
    assert "hx-get" not in text(client.get(f"/reports/{report.id}", headers={"HX-Request": "true"}))


def test_a_report_that_waits_for_minutes_says_what_may_be_wrong(client, owner):
    report = a_report(an_account(owner_id=owner.id), created_at=utcnow() - timedelta(minutes=5))
    assert "background worker may not be running" in text(client.get(f"/reports/{report.id}"))


def test_a_report_that_failed_says_why_and_can_be_asked_for_again(client, owner):
    account = an_account(owner_id=owner.id)
    report = a_report(account, state=ReportState.FAILED, failure="Drawing the report took too long.")
    page = text(client.get(f"/reports/{report.id}"))
    assert "Drawing the report took too long." in page
    assert f'action="/reports/{report.id}/again"' in page


def test_a_report_that_is_not_ready_has_no_pdf_but_a_page(client, owner):
    report = a_report(an_account(owner_id=owner.id))
    answer = client.get(f"/reports/{report.id}/report.pdf")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/reports/{report.id}")


def test_reports_are_listed_newest_first(client, owner):
    for name, days in (("Older", 3), ("Newer", 1)):
        account = an_account(owner_id=owner.id, name=name)
        a_finished_report(account, created_at=utcnow() - timedelta(days=days))
    page = text(client.get("/reports"))
    assert page.index("Newer") < page.index("Older")


def test_a_csm_sees_reports_of_their_own_accounts_only(client, owner):
    a_finished_report(an_account(owner_id=owner.id, name="Mine"))
    stranger = a_finished_report(an_account(owner_id=a_user().id, name="Somebody else's"))
    assert "Somebody else" not in text(client.get("/reports"))
    assert client.get(f"/reports/{stranger.id}").status_code == 404
    assert client.get(f"/reports/{stranger.id}/report.pdf").status_code == 404


def test_a_csm_cannot_ask_about_somebody_elses_account(client, owner):
    account = an_account(owner_id=a_user().id)
    assert client.post(f"/accounts/{account.id}/report").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Report)) == 0


def test_an_executive_reads_reports_and_is_offered_nothing_else(client):
    client.sign_in(a_user(RoleName.EXECUTIVE))
    account = an_account()
    ready = a_finished_report(account)
    failed = a_report(account, state=ReportState.FAILED, failure="It took too long.")
    assert client.get(f"/reports/{ready.id}/report.pdf").data == b"%PDF-1.7 drawn"
    assert "Ask again" not in text(client.get(f"/reports/{failed.id}"))
    assert client.post(f"/accounts/{account.id}/report").status_code == 403


def test_without_reports_the_page_says_how_to_get_one(client, owner):
    assert "open an account and ask for its benchmark" in text(client.get("/reports"))


def test_without_reports_an_executive_is_told_who_asks(client):
    client.sign_in(a_user(RoleName.EXECUTIVE))
    assert "Reports that your colleagues ask for appear here." in text(client.get("/reports"))


@pytest.mark.usefixtures("app")
def test_a_finished_report_is_left_alone():
    report = a_finished_report()
    render_report({"report_id": report.id})
    assert report.pdf == b"%PDF-1.7 drawn"


@pytest.mark.usefixtures("app")
def test_a_report_that_is_gone_is_nothing_to_draw():
    render_report({"report_id": 999_999})


@pytest.mark.usefixtures("app")
def test_a_snapshot_once_taken_is_kept():
    account, person = an_account_with_a_story("Before"), a_user()
    with transaction():
        report = request_report(
            Order(ReportKind.ACCOUNT, account_id=account.id), requested_by=person, now=NOW
        )
    render_report({"report_id": report.id})
    account.name = "After"
    report.state = ReportState.WAITING
    save(report)
    render_report({"report_id": report.id})
    assert report.snapshot["account"]["name"] == "Before"
    assert report.state == ReportState.READY


@pytest.mark.usefixtures("app")
def test_what_cannot_be_drawn_fails_with_its_reason():
    report = a_report()
    render_report({"report_id": report.id}, seconds=0.001)
    assert (report.state, report.pdf) == (ReportState.FAILED, None)
    assert "took too long" in report.failure


@pytest.fixture
def runner(new_database, tmp_path, monkeypatch):
    """A command line on a database of its own, with one account in it."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    make_schema(url)
    with create_app().app_context():
        an_account(external_id="A-1", external_key="A-1")
        db.session.remove()
        db.engine.dispose()
    return CliRunner()


def test_the_command_writes_a_pdf(runner, tmp_path):
    target = tmp_path / "paper.pdf"
    result = runner.invoke(command, ["account", "A-1", "--out", str(target)], catch_exceptions=False)
    assert result.exit_code == 0
    assert len(opened(target.read_bytes()).pages) == 2


def test_the_command_names_what_it_does_not_find(runner, tmp_path):
    result = runner.invoke(command, ["account", "nobody", "--out", str(tmp_path / "paper.pdf")])
    assert isinstance(result.exception, DomainError)
    assert str(result.exception) == "There is no account nobody; give the external_id of one, as imported."


def test_a_new_edition_counts_on_and_keeps_the_one_before(client, owner):
    report = a_report(an_account(owner_id=owner.id), state=ReportState.READY, pdf=b"%PDF-1.7", language="de")
    client.post(f"/reports/{report.id}/again")
    newest = db.session.scalars(select(Report).order_by(Report.id.desc())).first()
    assert (newest.edition, newest.previous_id, newest.language) == (2, report.id, "de")
    assert "edition 2" in text(client.get("/reports"))


@pytest.mark.parametrize("state", ReportState)
def test_the_same_asked_for_twice_is_drawn_once(client, owner, state):
    pdf = b"%PDF-1.7" if state is ReportState.READY else None
    report = a_report(an_account(owner_id=owner.id), state=state, pdf=pdf)
    places = {client.post(f"/reports/{report.id}/again").headers["Location"] for _each in range(2)}
    assert len(places) == 1
    is_on_its_way = state is ReportState.WAITING
    assert db.session.scalar(select(func.count()).select_from(Report)) == (1 if is_on_its_way else 2)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "account", "account": "nobody here"}, "There is no account nobody here among yours"),
        ({"kind": "account"}, "Name the account"),
        ({"kind": "telephone book"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_a_sentence(client, owner, sent, said):
    answer = client.post("/reports", data={"audience": "internal", "language": "en", "paper": "a4", **sent})
    assert answer.status_code == 422
    assert said in text(answer)
    assert db.session.scalar(select(func.count()).select_from(Report)) == 0


def test_an_account_is_found_by_name_and_by_external_id(client, owner):
    account = an_account(owner_id=owner.id, name="Zanzibar Freight")
    for typed in ("zanzibar freight", account.external_id):
        looks = {"audience": "customer", "language": "ja", "paper": "letter"}
        sent = {"kind": "account", "account": typed, **looks}
        client.post("/reports", data=sent)
    found = db.session.scalars(select(Report).order_by(Report.id)).all()
    assert [(one.account_id, one.audience, one.language, one.paper) for one in found] == [
        (account.id, "customer", "ja", "letter")
    ] * 2
