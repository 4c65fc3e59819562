"""Who waits for a report that is drawn again, and where a link leads once there is a newer edition."""

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_user, an_account, save
from tests.vocapp.sharing.builders import a_paper, a_schedule, a_share
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.tokens import hash_token
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address
from vocapp.reports.models import Report
from vocapp.reports.rules import ReportState
from vocapp.reports.service import request_report
from vocapp.sharing.models import ReportShare, ScheduleRun
from vocapp.sharing.recipients import token_of
from vocapp.sharing.rules import ShareState
from vocapp.sharing.service import approve_share, decline_share, release_shares, share_report

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def csm() -> User:
    a_company()
    return a_user(name="Ana Ferreira")


@pytest.fixture
def account(csm):
    return an_account(owner_id=csm.id, name="Alderbrook Bank")


def shares_of(report: Report) -> list[ReportShare]:
    found = select(ReportShare).where(ReportShare.report_id == report.id).order_by(ReportShare.id)
    return list(db.session.scalars(found))


def drawn(report: Report, **values) -> Report:
    """A report that has just been drawn, with everybody sent on their way."""
    with transaction():
        for name, value in {"state": ReportState.READY, "pdf": b"%PDF-1.7 newer", **values}.items():
            setattr(report, name, value)
        release_shares(report, now=utcnow())
    db.session.expire_all()
    return report


def followed(report: Report, by: User) -> Report:
    with transaction():
        return request_report(report.order, requested_by=by, now=utcnow(), follows=report)


def sent(report: Report, csm: User, contact) -> ReportShare:
    """A report whose link is open."""
    share = a_share(report, csm, contact)
    with transaction():
        approve_share(share, note="As promised.", by=csm, now=utcnow())
        share.token_hash = hash_token(token_of(share))
    return share


def test_who_waited_for_a_report_that_failed_waits_for_the_next_try(csm, account):
    reader, left = a_contact(account), a_contact(account)
    report = a_paper(account, csm, state=ReportState.WAITING, pdf=None)
    run = save(ScheduleRun(schedule_id=a_schedule(account, csm).id, due_on=NOW.date(), report_id=report.id))
    with transaction():
        share_report(report, users=[csm], contacts=[reader, left], sender=csm, note="Hello", now=NOW)
    drawn(report, state=ReportState.FAILED, pdf=None, failure="Drawing took too long.")
    assert {share.state for share in shares_of(report)} == {ShareState.FAILED}
    with transaction():
        left.status = ContactStatus.LEFT
    second = drawn(followed(report, csm), state=ReportState.FAILED, pdf=None, failure="Again too long.")
    assert (run.report_id, run.said) == (second.id, "Again too long.")
    third = drawn(followed(second, csm))
    assert third.edition == 1
    assert [(share.user_id, share.contact_id, share.state, share.note) for share in shares_of(third)] == [
        (csm.id, None, ShareState.SENT, "Hello"),
        (None, reader.id, ShareState.TO_APPROVE, "Hello"),
    ]
    assert (run.report_id, run.said) == (third.id, "")


def test_a_correction_waits_for_approval_for_all_who_have_the_link_or_would_have_got_it(csm, account):
    has_it, waits, refused = a_contact(account), a_contact(account), a_contact(account)
    report = a_paper(account, csm)
    sent(report, csm, has_it)
    waiting = a_share(report, csm, waits)
    declined = a_share(report, csm, refused)
    with transaction():
        decline_share(declined, by=csm)
        share_report(report, users=[csm], contacts=[], sender=csm, now=utcnow())
    newer = drawn(followed(report, csm))
    assert newer.edition == 2
    assert waiting.state == ShareState.DECLINED
    assert [(share.contact_id, share.state) for share in shares_of(newer)] == [
        (has_it.id, ShareState.TO_APPROVE),
        (waits.id, ShareState.TO_APPROVE),
    ]
    with pytest.raises(DomainError, match="newer edition"), transaction():
        share_report(report, users=[], contacts=[refused], sender=csm, now=utcnow())


def test_what_was_shared_while_the_newer_edition_was_finished_is_not_approved(csm, account):
    report = a_paper(account, csm)
    drawn(followed(report, csm))
    late = a_share(report, csm, a_contact(account))
    with pytest.raises(DomainError, match="newer edition"), transaction():
        approve_share(late, note="", by=csm, now=utcnow())
    db.session.expire_all()
    assert late.state == ShareState.TO_APPROVE


def test_a_link_of_a_corrected_edition_hands_out_the_newer_one_once_it_was_approved(client, csm, account):
    score = {
        "measures": {name: {"value": 0.5} for name in ("footprint", "engagement", "sentiment")},
        "answers": 9,
    }
    score["measures"]["strength"] = {"value": 61.4}
    report = a_paper(account, csm, snapshot={"score": score, "as_of": "2026-03-01"})
    share = sent(report, csm, a_contact(account))
    address = f"/shared/{token_of(share)}"
    newer = drawn(followed(report, csm))
    page = client.get(address).get_data(as_text=True)
    assert "has been corrected" in page
    assert "Ana Ferreira" in page
    assert "<form" not in page
    assert client.post(address).status_code == 410
    assert share.openings == []
    (new,) = shares_of(newer)
    with transaction():
        figures = {"strength": 61, "footprint": 50, "engagement": 50, "sentiment": 50, "answers": 8}
        before = {"edition": 2, "id": "0123456789ab", "as_of": "2026-03-01", "figures": figures}
        newer.snapshot = {"score": score, "as_of": "2026-03-02", "replaces": before}
        approve_share(new, note="", by=csm, now=utcnow())
    page = client.get(address).get_data(as_text=True)
    assert "There is a newer edition" in page
    assert "replaces snapshot 0123456789ab of Mar 1, 2026; answers that count: 8, now 9." in page
    assert client.post(address).data == b"%PDF-1.7 newer"
    db.session.expire_all()
    assert (len(share.openings), len(new.openings)) == (0, 1)
    with transaction():
        new.expires_at = utcnow()
    assert "has been corrected" in client.get(address).get_data(as_text=True)


def test_the_pages_of_an_earlier_edition_lead_to_the_newer_one(client, csm, account):
    client.sign_in(csm)
    report = a_paper(account, csm)
    newer = drawn(followed(report, csm))
    page = client.get(f"/reports/{report.id}").get_data(as_text=True)
    assert "Edition 2 of" in page
    assert f'href="/reports/{newer.id}"' in page
    shared = client.get(f"/reports/{report.id}/share").get_data(as_text=True)
    assert f'href="/reports/{newer.id}/share"' in shared
    assert f'action="/reports/{report.id}/share"' not in shared
    assert "replaces this one" not in client.get(f"/reports/{newer.id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": MessageState.SUPPRESSED}, "not sent: wants no mail from us"),
        ({"state": MessageState.CANCELLED}, "not sent: may not get it any more"),
        ({"state": MessageState.FAILED}, "not sent: the mail server did not take it"),
        ({"state": MessageState.SENT, "bounced_at": NOW}, "came back"),
    ],
)
def test_a_mail_that_never_arrived_says_so_and_can_be_sent_again(client, csm, account, values, said):
    client.sign_in(csm)
    reader = a_contact(account, first_name="Deniz", last_name="Okafor")
    share = sent(a_paper(account, csm), csm, reader)
    address = f"/reports/{share.report_id}/share"
    assert "on its way" in client.get(address).get_data(as_text=True)
    again = f"{address}/{share.id}/again"
    client.post(again)
    assert len(list(db.session.scalars(select(Message)))) == 1
    with transaction():
        message = db.session.scalars(select(Message)).one()
        for name, value in values.items():
            setattr(message, name, value)
    page = client.get(address).get_data(as_text=True)
    assert said in page
    assert again in page
    with transaction():
        suppress_address(reader.email, reason="opt_out", source="link")
    client.post(again)
    assert "wants no mail" in client.get(address).get_data(as_text=True)
    assert len(list(db.session.scalars(select(Message)))) == 1


def test_a_mail_that_failed_is_sent_again_under_the_same_link(client, csm, account):
    client.sign_in(csm)
    share = sent(a_paper(account, csm), csm, a_contact(account))
    with transaction():
        message = db.session.scalars(select(Message)).one()
        message.state = MessageState.FAILED
    client.post(f"/reports/{share.report_id}/share/{share.id}/again")
    assert len(list(db.session.scalars(select(Message)))) == 2
    page = client.get(f"/reports/{share.report_id}/share").get_data(as_text=True)
    assert "on its way" in page
    assert "Send again" not in page
