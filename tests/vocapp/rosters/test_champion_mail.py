"""The mails to a champion: their words in every language, and conversations from asking to answering."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import unescape

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.translation import phrase, phrase_book
from tests.builders import NOW
from tests.integrations.mail.builders import ScriptedSink, smtp_server
from tests.vocapp.outbox.builders import mail_through, smtp
from tests.vocapp.rosters.champion_builders import (
    a_champion,
    a_request,
    an_account_of_acme,
    evidence,
    link_of,
    messages_of,
    suggestions,
)
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.limits import EXTENSION_KEY
from vocapp.freshness.models import Suggestion
from vocapp.outbox.rendering import render_letter
from vocapp.outbox.rules import MessageState
from vocapp.rosters.champion import request_roster
from vocapp.rosters.champion_letters import reminder_letter, request_letter
from vocapp.rosters.models import RosterRequest, RosterRevision
from vocapp.rosters.rules import RequestState
from vocapp.worker import JOBS, PERIODIC, run_due_jobs
from vocapp.workflows.deliver_mail import LETTERS, deliver_mail
from vocapp.workflows.look_after_champions import look_after_champions

LANGUAGES = tuple(phrase_book().languages)
NOTE = "Dear {{first_name}},\n{{sender}} of {{company}} here.\n\nIt matters."


@pytest.fixture
def _march(app):
    with time_machine.travel(NOW, tick=False):
        yield


def rendered(request, kind="roster_request"):
    letter = LETTERS[kind](messages_of(request)[0])
    assert letter is not None
    return render_letter(kind, letter)


def words(markup):
    body = re.sub(r"<(head|style)\b.*?</\1>", "", markup, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.usefixtures("_march")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["roster_request", "roster_reminder"])
def test_both_parts_say_the_same_in_the_champions_language(language, kind):
    account = an_account_of_acme(name="Acme & Söhne")
    request = a_request(a_champion(account, language=language, first_name="Zoë <b>"), personal_note=NOTE)
    mail = rendered(request, kind)
    subject = "roster_mail_subject" if kind == "roster_request" else "roster_mail_reminder_subject"
    assert mail.subject == phrase(subject, language, sender="Ana Silva")
    for part in (" ".join(mail.text.split()), words(mail.html)):
        assert phrase("mail_greeting", language, first_name="Zoë <b>") in part
        assert "Dear Zoë <b>, Ana Silva of Vendor here. It matters." in part
        assert phrase("roster_mail_intro", language, account="Acme & Söhne") in part
        is_reminded = phrase("roster_mail_reminder_intro", language) in part
        assert is_reminded is (kind == "roster_reminder")
        assert "{{" not in part
    assert re.findall(r"https?://\S+", mail.text) == [f"http://127.0.0.1:8000{link_of(request)}"]
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', mail.html)]
    assert set(links) == {
        f"http://127.0.0.1:8000{link_of(request)}",
        f"http://127.0.0.1:8000{link_of(request).replace('/r/', '/u/')}",
    }
    assert not re.search(r"<img|<link|@import|url\(|\bsrc=", mail.html)


@pytest.mark.usefixtures("_march")
def test_arabic_reads_from_right_to_left():
    mail = rendered(a_request(a_champion(language="ar")))
    assert re.search(r'<html[^>]+dir="rtl"', mail.html)


@pytest.mark.usefixtures("_march")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda one: setattr(one, "state", RequestState.CANCELLED), id="withdrawn"),
        pytest.param(lambda one: setattr(one, "state", RequestState.ANSWERED), id="answered"),
        pytest.param(lambda one: setattr(one.contact, "status", ContactStatus.LEFT), id="the person left"),
    ],
)
def test_a_letter_nobody_wants_any_more_is_not_written(change):
    request = a_request()
    with transaction():
        change(request)
    assert request_letter(messages_of(request)[0]) is None
    assert reminder_letter(messages_of(request)[0]) is None


def test_the_worker_looks_after_champions():
    assert {"look_after_champions"} <= set(JOBS) & set(PERIODIC)


def asked(language="en"):
    champion = a_champion(language=language)
    with transaction():
        return request_roster(champion.account, champion, sender=champion.account.owner, now=utcnow())


def test_a_conversation_through_a_mail_server_from_asking_to_answering(app):
    with time_machine.travel(NOW, tick=False) as clock:
        request = asked("ja")
        with smtp_server() as (inbox, port), mail_through(app, smtp(port)):
            deliver_mail({})
            deliver_mail({})
            clock.move_to(datetime(2026, 3, 18, 9, tzinfo=UTC))
            look_after_champions({})
            look_after_champions({})
            deliver_mail({})
        mails = [message_from_bytes(one.content, policy=policy.default) for one in inbox.envelopes]
        assert len(mails) == 2
        assert [one.rcpt_tos for one in inbox.envelopes] == [["zenobia@acme.example"]] * 2
        for mail in mails:
            assert mail["From"] == "Ana Silva <voice@vendor.example>"
            assert mail["Reply-To"] == request.sender.email
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert b"=?" not in bytes(mail["List-Unsubscribe"], "ascii")
        link = re.search(r"http://\S+(/r/\S+)", mails[1].get_body(("plain",)).get_content())[1]
        assert "ご確認ページ" in mails[1].get_body(("plain",)).get_content()
        client = app.test_client()
        assert "ほかにどなたのお話を" in client.get(link).text
        assert client.post(link, data={"other-1-name": "山田 太郎"}).status_code == 303
        db.session.expire_all()
        assert request.state == RequestState.ANSWERED
        assert suggestions()[0].values == {"first_name": "山田", "last_name": "太郎"}
        clock.move_to(NOW + timedelta(days=30))
        look_after_champions({})
        assert request.state == RequestState.ANSWERED


def test_a_server_that_refuses_the_address_fails_the_request_and_frees_the_turn(app):
    with time_machine.travel(NOW, tick=False):
        request = asked()
        with ScriptedSink(RCPT="550 5.1.1 no such user") as sink, mail_through(app, smtp(sink.port)):
            deliver_mail({})
        db.session.expire_all()
        assert request.state == RequestState.FAILED
        assert evidence() == [(request.contact_id, "bounced")]
        assert db.session.get(Contact, request.contact_id).status == ContactStatus.BOUNCED
        assert app.test_client().get(link_of(request)).status_code == 410


def test_the_built_in_mailbox_takes_the_mail_and_the_worker_runs_it_all(separate_app):
    with separate_app.app_context(), time_machine.travel(NOW, tick=False) as clock:
        request = asked()
        run_due_jobs()
        db.session.expire_all()
        assert request.state == RequestState.SENT
        assert gateways().mailbox.list_mail(1, 10, "").total == 1
        clock.move_to(request.expires_at)
        look_after_champions({})
        db.session.expire_all()
        assert request.state == RequestState.EXPIRED
        assert [mail.state for mail in messages_of(request)] == [MessageState.SENT]


def test_a_withdrawn_request_is_not_sent(separate_app):
    with separate_app.app_context(), time_machine.travel(NOW, tick=False):
        request = asked()
        with transaction():
            request.state = RequestState.CANCELLED
        run_due_jobs()
        db.session.expire_all()
        assert [mail.state for mail in messages_of(request)] == [MessageState.CANCELLED]


def at_once(app, path, forms):
    def send(form):
        return FlaskClient(app, app.response_class).post(path, data=form).status_code

    with ThreadPoolExecutor(len(forms)) as threads:
        return Counter(threads.map(send, forms))


@pytest.fixture
def open_link(separate_app):
    with separate_app.app_context():
        return link_of(a_request(at=utcnow() - timedelta(hours=1)))


def test_one_form_sent_twenty_times_at_once_is_one_answer(separate_app, open_link):
    form = {"other-1-name": "Bo Ek", "seen": "0"}
    assert at_once(separate_app, open_link, [form] * 20) == {303: 20}
    with separate_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RosterRevision)) == 1
        assert db.session.scalar(select(func.count()).select_from(Suggestion)) == 1


def test_of_different_forms_sent_at_once_one_counts_and_the_others_are_asked(separate_app, open_link):
    forms = [{"comment": str(number), "seen": "0"} for number in range(10)]
    assert at_once(separate_app, open_link, forms) == {303: 1, 409: 9}


def test_two_colleagues_who_ask_at_once_ask_once(separate_app):
    with separate_app.app_context():
        champion = a_champion()
        ids = (champion.id, champion.account_id)

    def work(_number):
        with separate_app.app_context():
            try:
                with transaction():
                    account = db.session.get(Account, ids[1])
                    request_roster(
                        account, db.session.get(Contact, ids[0]), sender=account.owner, now=utcnow()
                    )
                return "asked"
            except DomainError:
                return "refused"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as threads:
        assert Counter(threads.map(work, range(4))) == {"asked": 1, "refused": 3}
    with separate_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RosterRequest)) == 1


def test_a_wrong_link_and_a_closed_one_are_refused_in_the_same_time(separate_app):
    with separate_app.app_context():
        closed = link_of(a_request(expires_at=NOW))
    client = FlaskClient(separate_app, separate_app.response_class)
    taken: dict[int, list[float]] = {404: [], 410: []}
    for number in range(100):
        for path in (f"/r/{number:043d}", closed):
            started = time.perf_counter()
            code = client.get(path).status_code
            taken[code].append(time.perf_counter() - started)
    # The fastest of each: what else the machine does can only add to a time.
    assert abs(min(taken[404]) - min(taken[410])) < 0.005


def test_guessers_are_told_429_while_the_champion_answers(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    app.extensions[EXTENSION_KEY].reset()
    link = link_of(a_request(at=utcnow()))
    codes = [client.get(f"/r/guess-{number}").status_code for number in range(40)]
    assert codes == [404] * 30 + [429] * 10
    assert client.post(link, data={"comment": "Hi"}).status_code == 303
    sent = [client.post(link, data={"comment": str(number)}).status_code for number in range(65)]
    assert sent.count(429) == 6
