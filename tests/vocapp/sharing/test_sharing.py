"""Reports on their way: to colleagues at once, to customers once approved, once each."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.builders import NOW, a_company, a_contact, a_user, an_account, save
from tests.vocapp.sharing.builders import a_paper, a_schedule, a_share
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.tokens import hash_token
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.outbox.service import suppress_address
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience, ReportState
from vocapp.reports.service import fail_report
from vocapp.sharing.letters import report_shared_letter
from vocapp.sharing.models import ReportShare, ScheduleRecipient, ScheduleRun
from vocapp.sharing.recipients import token_of
from vocapp.sharing.rules import Rhythm, ShareState
from vocapp.sharing.scheduling import run_schedule
from vocapp.sharing.service import approve_share, release_shares, share_report
from vocapp.workflows.run_report_schedules import run_report_schedules

pytestmark = pytest.mark.usefixtures("app")


def mails() -> list[Message]:
    return list(db.session.scalars(select(Message).order_by(Message.id)))


@pytest.fixture
def csm():
    a_company()
    return a_user(name="Ana Ferreira")


@pytest.fixture
def account(csm):
    return an_account(owner_id=csm.id, name="Alderbrook Bank")


def test_a_colleague_gets_it_when_it_is_drawn_and_a_customer_when_it_was_approved(csm, account):
    reader = a_contact(account, first_name="Deniz")
    report = a_paper(account, csm, state=ReportState.WAITING, pdf=None, language="de")
    with transaction():
        share_report(report, users=[csm], contacts=[reader], sender=csm, now=NOW)
        again = share_report(report, users=[csm], contacts=[reader], sender=csm, now=NOW)
    assert again == []
    assert mails() == []
    with transaction():
        report.state, report.pdf = ReportState.READY, b"%PDF-1.7"
        release_shares(report, now=NOW)
    assert [mail.template for mail in mails()] == ["report_ready"]
    share = db.session.scalars(select(ReportShare).where(ReportShare.contact_id == reader.id)).one()
    assert share.state == ShareState.TO_APPROVE
    with transaction():
        approve_share(share, note="As promised, {{first_name}}.", by=csm, now=NOW)
    mail = mails()[-1]
    assert (mail.template, mail.to_address, mail.reply_to, mail.language) == (
        "report_shared",
        reader.email,
        csm.email,
        "de",
    )
    letter = report_shared_letter(mail)
    assert token_of(share) in letter.values["report_url"]
    assert letter.values["paragraphs"] == [["As promised, Deniz."]]
    with pytest.raises(DomainError, match="decided this already"), transaction():
        approve_share(share, note="", by=csm, now=NOW)
    assert len(mails()) == 2


def test_a_report_that_failed_ends_the_wait_and_says_why(csm, account):
    report = a_paper(account, csm, state=ReportState.WAITING, pdf=None)
    schedule = a_schedule(account, csm)
    run = save(ScheduleRun(schedule_id=schedule.id, due_on=NOW.date(), report_id=report.id))
    with transaction():
        share_report(report, users=[csm], contacts=[], sender=csm, now=NOW)
        fail_report(report, "Drawing took too long.", now=NOW)
        release_shares(report, now=NOW)
    share = db.session.scalars(select(ReportShare)).one()
    assert (share.state, share.reason, mails()) == (ShareState.FAILED, "Drawing took too long.", [])
    assert run.said == "Drawing took too long."


def test_what_must_not_go_to_a_customer_is_refused_for_all(csm, account):
    inner = a_paper(account, csm, audience=Audience.INTERNAL)
    paper = a_paper(account, csm)
    reader, gone = a_contact(account), a_contact(account, status=ContactStatus.LEFT)
    stranger = a_contact(an_account(owner_id=csm.id))
    blocked = a_contact(account)
    with transaction():
        suppress_address(blocked.email, reason="opt_out", source="link")
    for report, people, said in (
        (inner, [reader], "edition made for them"),
        (paper, [stranger], "another account"),
        (paper, [reader, gone], "no longer at the account"),
        (paper, [blocked], "wants no mail"),
    ):
        with pytest.raises(DomainError, match=said), transaction():
            share_report(report, users=[], contacts=people, sender=csm, now=NOW)
    outsider = a_user()
    with pytest.raises(DomainError, match="colleagues who may read it"), transaction():
        share_report(paper, users=[outsider], contacts=[], sender=csm, now=NOW)
    assert db.session.scalars(select(ReportShare)).all() == []


def test_a_schedule_runs_once_for_its_day_and_names_whoever_is_gone(csm, account):
    left = a_user(RoleName.LEADER, name="Gone Leader", active=False)
    made = NOW.replace(day=1)
    schedule = a_schedule(
        account,
        csm,
        rhythm=Rhythm.MONTHLY,
        days=made.day,
        created_at=made,
        recipients=[ScheduleRecipient(user_id=csm.id), ScheduleRecipient(user_id=left.id)],
    )
    with transaction():
        first = run_schedule(schedule, now=made + timedelta(days=2))
        assert run_schedule(schedule, now=made + timedelta(days=3)) is None
    assert first is not None
    assert "Gone Leader" in first.said
    assert [report.account_id for report in db.session.scalars(select(Report))] == [account.id]
    assert [share.user_id for share in db.session.scalars(select(ReportShare))] == [csm.id]


def test_a_schedule_whose_maker_left_stops_and_says_so(csm, account):
    schedule = a_schedule(account, csm, created_at=NOW.replace(day=1))
    with transaction():
        csm.active = False
        run = run_schedule(schedule, now=NOW.replace(day=2))
    assert "make a new one" in run.said
    assert not schedule.is_active
    assert db.session.scalars(select(ScheduleRun)).one().report_id is None


def test_a_link_opens_by_a_button_until_it_ends(app, client, csm, account, monkeypatch):
    reader = a_contact(account)
    share = a_share(a_paper(account, csm, language="ar"), csm, reader)
    with transaction():
        approve_share(share, note="", by=csm, now=utcnow())
        share.token_hash = hash_token(token_of(share))
    address = f"/shared/{token_of(share)}"
    page = client.get(address).get_data(as_text=True)
    assert 'dir="rtl"' in page
    assert share.openings == []
    # Whoever has only the link has no session a form could be bound to.
    with monkeypatch.context() as strictly:
        strictly.setitem(app.config, "WTF_CSRF_ENABLED", True)
        paper = client.post(address)
    assert paper.data == b"%PDF-1.7 a paper"
    assert paper.headers["Cache-Control"] == "private, no-store"
    db.session.expire_all()
    assert len(share.openings) == 1
    client.sign_in(csm)
    assert "1 time" in client.get(f"/reports/{share.report_id}/share").get_data(as_text=True)
    client.post(f"/reports/{share.report_id}/share/{share.id}/end")
    client.post("/logout")
    assert client.get(address).status_code == 410
    assert client.get("/shared/nobody-has-this").status_code == 404


def test_a_colleagues_share_has_no_page_without_signing_in(client, csm, account):
    share = a_share(a_paper(account, csm), csm, a_contact(account), contact_id=None, user_id=csm.id)
    assert client.get(f"/shared/{token_of(share)}").status_code == 404


def test_whoever_moved_to_another_account_gets_no_report_of_the_one_before(client, csm, account):
    waits, sent, mailed = a_contact(account), a_contact(account), a_contact(account)
    report = a_paper(account, csm)
    shares = [a_share(report, csm, one) for one in (waits, sent, mailed)]
    schedule = a_schedule(
        account,
        csm,
        audience=Audience.CUSTOMER,
        created_at=NOW.replace(day=1),
        recipients=[ScheduleRecipient(contact_id=waits.id), ScheduleRecipient(user_id=csm.id)],
    )
    with transaction():
        for share in shares[1:]:
            approve_share(share, note="", by=csm, now=utcnow())
            share.token_hash = hash_token(token_of(share))
    addresses = [f"/shared/{token_of(share)}" for share in shares[1:]]
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    other = an_account(owner_id=csm.id)
    with transaction():
        waits.account_id = sent.account_id = other.id
        mailed.status = ContactStatus.LEFT
    with pytest.raises(DomainError, match="no longer at the account"), transaction():
        approve_share(shares[0], note="", by=csm, now=utcnow())
    assert [report_shared_letter(mail) for mail in mails()] == [None, None]
    assert [client.get(address).status_code for address in addresses] == [410, 410]
    with transaction():
        run = run_schedule(schedule, now=NOW.replace(day=2))
    assert waits.full_name in run.said
    assert [share.user_id for share in db.session.scalars(select(ReportShare))][3:] == [csm.id]


def test_who_may_no_longer_ask_for_a_report_has_none_made_by_itself(csm, account):
    made = NOW.replace(day=1)
    lost = a_schedule(an_account(owner_id=a_user().id), csm, created_at=made)
    demoted = a_schedule(account, a_user(RoleName.EXECUTIVE), created_at=made)
    with transaction():
        runs = [run_schedule(one, now=NOW.replace(day=2)) for one in (lost, demoted)]
    assert all("may not make this report" in run.said for run in runs)
    assert (lost.is_active, demoted.is_active) == (False, False)
    assert db.session.scalars(select(Report)).all() == []


def test_a_schedule_that_is_refused_says_so_once_and_holds_up_no_other(csm, account):
    made = utcnow() - timedelta(days=40)
    today = utcnow().day
    refused = a_schedule(account, csm, kind="portfolio", account_id=None, audience=Audience.CUSTOMER)
    other = a_schedule(account, csm)
    with transaction():
        for schedule in (refused, other):
            schedule.created_at, schedule.days = made, today
    for _time in range(2):
        run_report_schedules({})
    runs = list(db.session.scalars(select(ScheduleRun).order_by(ScheduleRun.schedule_id)))
    assert [(run.schedule_id, run.report_id is None) for run in runs] == [
        (refused.id, True),
        (other.id, False),
    ]
    assert "edition for customers" in runs[0].said


def test_a_report_that_is_drawn_while_it_is_shared_leaves_all_the_same(csm, account):
    report = a_paper(account, csm, state=ReportState.WAITING)
    with transaction():
        assert report.state == ReportState.WAITING
        db.session.execute(
            update(Report).values(state=ReportState.READY).execution_options(synchronize_session=False)
        )
        share_report(report, users=[csm], contacts=[], sender=csm, now=NOW)
    assert [mail.template for mail in mails()] == ["report_ready"]


def test_what_was_corrected_waits_for_no_approval(csm, account):
    before = a_paper(account, csm)
    share = a_share(before, csm, a_contact(account))
    corrected = a_paper(account, csm, edition=2, previous_id=before.id)
    with transaction():
        release_shares(corrected, now=NOW)
    db.session.refresh(share)
    assert share.state == ShareState.DECLINED
    assert "newer edition" in share.reason
