"""Mail coming in: what administrators see of it, as text and nothing else, and what they may do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from integrations.mail.classify.verdict import Reason
from tests.builders import NOW, a_company, a_contact, a_user, an_account, an_invitation, save
from tests.conftest import CheckingClient
from tests.vocapp.freshness.builders import a_left_suggestion
from tests.vocapp.inbound.letters import a_mail, a_reply, statements_of
from tests.vocapp.outbox.builders import a_message
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.freshness.absence import record_absence
from vocapp.freshness.rules import EvidenceSource
from vocapp.identity.rules import RoleName
from vocapp.inbound.incoming_rules import MOST_SHOWN, head_of, is_cut, may_judge_again
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import MOST_BYTES, InboundState
from vocapp.inbound.ways import note_confirmation, note_missing, note_trouble, note_worked
from vocapp.outbox.events import record_mail_event
from vocapp.outbox.rules import MailEventKind

LIST = "/settings/mail-coming-in"


@pytest.fixture
def admin(client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


def said(page: Any) -> str:
    assert page.status_code == 200
    return " ".join(page.get_data(as_text=True).split())


def test_before_any_mail_came_the_page_says_how_it_comes_in(admin: CheckingClient) -> None:
    page = said(admin.get(LIST))
    for way in ("vocapp mail receive -", "LMTP", "IMAP", "Webhook", "docs/inbound.md"):
        assert way in page
    assert "<table" not in page


def test_a_way_in_that_has_trouble_says_so_before_any_mail_came(admin: CheckingClient) -> None:
    with transaction():
        note_trouble("imap", "The mailbox refused the sign-in <b>.")
    page = said(admin.get(LIST))
    assert "The mailbox refused the sign-in &lt;b&gt;." in page
    assert "IMAP · has not worked yet" in page
    with transaction():
        note_worked("imap", now=NOW)
    a_mail()
    page = said(admin.get(LIST))
    assert "refused the sign-in" not in page
    assert "last worked" in page


@pytest.mark.parametrize(
    ("url", "is_link"),
    [("https://sns.eu-central-1.amazonaws.com/?Token=1", True), ("javascript:alert(1)", False)],
)
def test_the_address_a_provider_waits_to_be_confirmed_at_is_shown(
    admin: CheckingClient, url: str, is_link: bool
) -> None:
    with transaction():
        note_confirmation("ses", url)
    page = said(admin.get(LIST))
    assert "Amazon SES asks whether it may report to vocapp." in page
    assert url in page
    assert (f'href="{url}"' in page) is is_link


def test_settings_and_navigation_lead_there(admin: CheckingClient) -> None:
    assert said(admin.get("/settings")).count(f'href="{LIST}"') == 2


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"bounce@a.example", "away@b.example", "odd@c.example"}),
        ("?kind=bounce", {"bounce@a.example"}),
        ("?state=quarantined", {"odd@c.example"}),
        ("?reason=out_of_office", {"away@b.example"}),
        ("?q=B.EXAMPLE", {"away@b.example"}),
        ("?q=%25", set()),
        ("?q=b.example&kind=bounce", set()),
        ("?kind=nonsense&state=x&reason=%27", {"bounce@a.example", "away@b.example", "odd@c.example"}),
        ("?page=-1", {"bounce@a.example", "away@b.example", "odd@c.example"}),
        ("?page=x&q=%00", {"bounce@a.example", "away@b.example", "odd@c.example"}),
    ],
)
def test_mails_are_filtered_by_what_they_are_and_who_sent_them(
    admin: CheckingClient, query: str, shown: set[str]
) -> None:
    a_mail(sender="bounce@a.example", kind="bounce", reason="user_unknown")
    a_mail(sender="away@b.example", kind="automatic", reason="out_of_office")
    a_mail(sender="odd@c.example", kind="unreadable", reason="broken", state=InboundState.QUARANTINED)
    page = said(admin.get(LIST + query))
    found = {name for name in ("bounce@a.example", "away@b.example", "odd@c.example") if name in page}
    assert found == shown
    assert shown or "No mail matches" in page


def ten_thousand_mails() -> None:
    rows = [
        {
            "key": f"k{number}",
            "raw": b"Subject: x\r\n\r\nx",
            "received_at": NOW - timedelta(minutes=number),
            "via": "pipe",
            "envelope_from": "",
            "envelope_to": "",
            "sender": f"person{number}@customer.example",
            "subject": "Re",
            "kind": "automatic",
            "reason": "out_of_office",
            "state": InboundState.HANDLED,
            "words": "",
            "note": "",
            "recipient": "",
            "replacement": "",
            "language": "",
        }
        for number in range(10_000)
    ]
    with transaction():
        for start in range(0, len(rows), 1_000):
            db.session.execute(insert(InboundMail), rows[start : start + 1_000])


def test_ten_thousand_mails_are_paged_and_searched(admin: CheckingClient) -> None:
    ten_thousand_mails()
    first, last = said(admin.get(LIST)), said(admin.get(f"{LIST}?page=200"))
    assert "1 to 50 of 10,000" in first
    assert "person0@customer.example" in first
    assert "person9999@customer.example" in last
    assert "9,951 to 10,000 of 10,000" in said(admin.get(f"{LIST}?page=999999"))
    assert "1 to 1 of 1" in said(admin.get(f"{LIST}?q=person4242@"))


def test_many_mails_take_no_more_statements_than_one(admin: CheckingClient) -> None:
    a_reply(a_contact(an_account()))
    one = statements_of(lambda: admin.get(LIST))
    for _number in range(20):
        a_reply(a_contact(an_account()))
    db.session.expire_all()
    assert statements_of(lambda: admin.get(LIST)) == one


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_nothing_in_a_mail_becomes_markup(admin: CheckingClient) -> None:
    mail = a_reply(
        None,
        HOSTILE,
        subject=HOSTILE,
        sender=HOSTILE,
        envelope_from=HOSTILE,
        envelope_to=HOSTILE,
        recipient=HOSTILE,
        replacement=HOSTILE,
        note=HOSTILE,
        raw=f"Subject: {HOSTILE}\r\n\r\n<b>{HOSTILE}</b>".encode(),
    )
    for path in (LIST, f"{LIST}/{mail.id}"):
        page = said(admin.get(path))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_headers_are_shown_as_text_and_the_body_is_not(admin: CheckingClient) -> None:
    mail = a_mail(raw=b"From: ann@customer.example\r\nX-Odd: \xff\x00\x1b[31m\r\n\r\nSecret <b>body</b>")
    page = said(admin.get(f"{LIST}/{mail.id}"))
    assert "From: ann@customer.example X-Odd: ���[31m" in page
    assert "Secret" not in page


def test_a_mail_is_downloaded_as_it_came_and_opened_by_no_browser(admin: CheckingClient) -> None:
    raw = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\xff\x00"
    mail = a_mail(raw=raw)
    file = admin.get(f"{LIST}/{mail.id}/raw")
    assert file.data == raw
    assert file.mimetype == "text/plain"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Disposition"] == f'attachment; filename="mail-{mail.id}.txt"'


def test_a_mail_that_was_let_go_cannot_be_downloaded_or_judged_again(admin: CheckingClient) -> None:
    mail = a_mail(raw=None, kind="bounce", reason="refused")
    page = said(admin.get(f"{LIST}/{mail.id}"))
    assert "The mail itself was let go: mails are kept as they came for 90 days." in page
    assert "Judge again" not in page
    assert admin.get(f"{LIST}/{mail.id}/raw").status_code == 404
    assert "It cannot be judged again" in said(
        admin.post(f"{LIST}/{mail.id}/judge-again", follow_redirects=True)
    )
    assert db.session.scalars(select(Job)).all() == []


def test_a_mail_that_the_mailbox_did_not_hand_over_is_listed_with_its_number(admin: CheckingClient) -> None:
    with transaction():
        note_missing("f" * 64, 4_294_967_295, 4_294_967_295, now=NOW)
        note_missing("f" * 64, 4_294_967_295, 4_294_967_295, now=NOW)
    mail = db.session.scalars(select(InboundMail)).one()
    page = said(admin.get(f"{LIST}/{mail.id}"))
    assert "The mailbox did not hand over this mail, its number 4294967295; it is asked for" in page
    assert "The mail itself is not kept here." in page
    assert "Judge again" not in page
    assert f"{LIST}/{mail.id}" in said(admin.get(LIST))


def test_a_mail_that_was_put_aside_is_judged_again_once(admin: CheckingClient) -> None:
    mail = a_mail(
        kind="unreadable", reason="too_slow", state=InboundState.QUARANTINED, note="Reading it took too long."
    )
    page = said(admin.get(f"{LIST}/{mail.id}"))
    assert "Reading it took too long." in page
    assert "It is being judged again" in said(
        admin.post(f"{LIST}/{mail.id}/judge-again", follow_redirects=True)
    )
    db.session.expire_all()
    assert db.session.get_one(InboundMail, mail.id).state == InboundState.RECEIVED
    jobs = db.session.scalars(select(Job)).all()
    assert [(job.kind, job.payload) for job in jobs] == [("inbound_received", {"mail_id": mail.id})]
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mail_judged_again")).one()
    assert act.details == {"state": "quarantined"}
    again = said(admin.post(f"{LIST}/{mail.id}/judge-again", follow_redirects=True))
    assert "It cannot be judged again" in again
    assert len(db.session.scalars(select(Job)).all()) == 1


@pytest.mark.parametrize("state", [InboundState.HANDLED, InboundState.IGNORED])
def test_a_mail_that_was_taken_for_something_else_is_judged_again(
    admin: CheckingClient, state: InboundState
) -> None:
    mail = a_mail(kind="automatic", reason="other_automatic", state=state)
    admin.post(f"{LIST}/{mail.id}/judge-again")
    db.session.expire_all()
    assert db.session.get_one(InboundMail, mail.id).state == InboundState.RECEIVED


@pytest.mark.parametrize(
    ("kind", "reason", "state", "meaning"),
    [
        ("", "", "received", "judged within a minute"),
        ("unreadable", "broken", "quarantined", "somebody should look at it"),
        ("automatic", "out_of_office", "quarantined", "somebody should look at it"),
        ("automatic", "out_of_office", "ignored", "Nothing follows from it."),
        ("automatic", "out_of_office", "handled", "mails to them wait until they are back"),
        ("automatic", "read_receipt", "ignored", "Nothing follows from it."),
        ("bounce", "user_unknown", "handled", "Nothing goes to that address any more"),
        ("bounce", "mailbox_full", "handled", "person and address stay"),
        ("complaint", "spam_report", "handled", "asked nothing any more"),
        ("human", "opt_out_request", "handled", "nobody is opted out, by the words alone"),
    ],
)
def test_a_mail_says_what_follows_from_it(
    admin: CheckingClient, kind: str, reason: str, state: str, meaning: str
) -> None:
    mail = a_mail(kind=kind, reason=reason, state=state)
    assert meaning in said(admin.get(f"{LIST}/{mail.id}"))


def test_every_reason_has_a_name(admin: CheckingClient) -> None:
    for reason in Reason:
        a_mail(kind="bounce", reason=reason)
    page = said(admin.get(LIST))
    assert not [reason for reason in Reason if "_" in reason and f">{reason}<" in page]


def test_what_followed_from_a_mail_is_named_with_the_way_there(admin: CheckingClient) -> None:
    contact = a_contact(an_account(), first_name="Ann", last_name="Ruiz")
    mail = a_reply(contact, "I left. Write to ken@customer.example.", kind="automatic", reason="left")
    suggestion = a_left_suggestion(contact)
    suggestion.source, suggestion.source_id, suggestion.key = EvidenceSource.MAIL, mail.id, "reply:1"
    save(suggestion)
    with transaction():
        record_absence(contact, until=None, is_long=True, source_key=mail.id, now=NOW)
    page = said(admin.get(f"{LIST}/{mail.id}"))
    assert "A suggestion that they have left waits for their CSM." in page
    assert "Has Ann Ruiz left?" in page
    assert f'href="/people/{contact.id}#suggestion-{suggestion.id}"' in page
    assert "On a long leave" in page


def test_a_bounce_names_the_mail_and_what_the_server_said(admin: CheckingClient) -> None:
    message = a_message(a_user().id)
    mail = a_mail(
        kind="bounce", reason="user_unknown", message_id=message.id, recipient="ken@customer.example"
    )
    with transaction():
        record_mail_event(
            message=message,
            kind=MailEventKind.BOUNCED,
            source="mail received",
            event_key=f"inbound:{mail.key}",
            occurred_at=NOW,
            status="5.1.1",
            detail="no such user",
            now=NOW,
        )
    page = said(admin.get(f"{LIST}/{mail.id}"))
    assert "Came back" in page
    assert "5.1.1 · no such user" in page
    assert f'href="/mailbox/queue/{message.id}"' in page
    assert "ken@customer.example" in page


def test_a_number_sent_in_confidence_is_hidden_from_administrators_too(admin: CheckingClient) -> None:
    invitation = an_invitation()
    survey = invitation.wave.survey_version.survey
    survey.is_confidential = True
    save(survey)
    mail = a_reply(
        invitation.contact,
        "3, hopeless",
        score=3,
        reason="opt_out_request",
        subject="Re: 3, hopeless",
        invitation_id=invitation.id,
        raw=b"X-Said: 3, hopeless\r\n\r\n3, hopeless",
    )
    for path in (LIST, f"{LIST}/{mail.id}"):
        assert "hopeless" not in said(admin.get(path))
    assert "answered in confidence" in said(admin.get(f"{LIST}/{mail.id}"))
    assert admin.get(f"{LIST}/{mail.id}/raw").status_code == 404


@pytest.mark.parametrize("path", ["999999", "999999999999", "x", "999999/raw"])
def test_a_mail_that_is_not_there_is_not_found(admin: CheckingClient, path: str) -> None:
    assert admin.get(f"{LIST}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("start", "head"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", "A: 1\nB: 2"),
        (b"A: 1\n\nbody", "A: 1"),
        (b"A: 1\rB: 2\r\rbody", "A: 1\nB: 2"),
        (b"", ""),
        (b"\r\n\r\nbody", ""),
        ("Subject: Grüße ‮evil".encode(), "Subject: Grüße �evil"),
        (b"A: " + b"x" * 30_000, "A: " + "x" * (MOST_SHOWN - 3)),
    ],
)
def test_the_headers_end_at_the_first_empty_line(start: bytes, head: str) -> None:
    assert head_of(start) == head


@pytest.mark.parametrize(
    ("state", "size", "may"),
    [
        (InboundState.QUARANTINED, 100, True),
        (InboundState.HANDLED, 100, True),
        (InboundState.IGNORED, 0, True),
        (InboundState.RECEIVED, 100, False),
        (InboundState.QUARANTINED, None, False),
        (InboundState.QUARANTINED, MOST_BYTES, False),
    ],
)
def test_a_mail_is_judged_again_while_it_is_here_as_it_came(
    state: InboundState, size: int | None, may: bool
) -> None:
    assert may_judge_again(state, size) is may
    assert not (is_cut(state, size) and may)
