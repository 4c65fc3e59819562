"""Replies: who reads them, what is offered, and that nothing counts before somebody says so."""

import pytest
from sqlalchemy import select

from tests.builders import (
    a_company,
    a_contact,
    a_user,
    an_account,
    save,
)
from tests.conftest import CheckingClient
from tests.vocapp.freshness.builders import a_left_suggestion
from tests.vocapp.inbound.letters import a_mail, a_reply, a_score, again, invited, statements_of
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.freshness.rules import EvidenceSource
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.inbound.rules import InboundState
from vocapp.outbox.queries import is_suppressed


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user(name="Clara Sommer")
    client.sign_in(user)
    return user


@pytest.fixture
def ann(csm: User) -> Contact:
    return a_contact(an_account(owner_id=csm.id), first_name="Ann", last_name="Ruiz")


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_without_a_reply_the_page_says_what_will_stand_there(client: CheckingClient, csm: User) -> None:
    assert "No reply waits" in client.get("/replies").text
    assert "Nothing is done yet" in client.get("/replies?view=done").text
    assert "waits for you" not in client.get("/").text


def test_a_reply_shows_who_wrote_what_and_where(client: CheckingClient, ann: Contact) -> None:
    a_reply(ann, "Call me,\nplease.")
    page = client.get("/replies").text
    assert "Ann Ruiz" in page
    assert ann.account.name in page
    assert "Call me,\nplease." in page


def test_only_words_of_people_are_replies(client: CheckingClient, ann: Contact) -> None:
    known = {"account_id": ann.account_id, "contact_id": ann.id, "words": "I am away."}
    a_mail(**known, kind="automatic", reason="out_of_office")
    a_mail(**known, kind="human", reason="reply", state=InboundState.QUARANTINED)
    assert "I am away." not in client.get("/replies").text


def test_csms_read_what_people_of_their_accounts_wrote(client: CheckingClient, csm: User) -> None:
    others = a_reply(a_contact(an_account(owner_id=a_user().id)), "For somebody else")
    strangers = a_reply(None, "Who are you?")
    page = client.get("/replies").text
    assert "For somebody else" not in page
    assert "Who are you?" not in page
    for mail in (others, strangers):
        assert client.get(f"/replies/{mail.id}").status_code == 404
        for act in ("done", "reopen", "stop-asking", "answer"):
            assert client.post(f"/replies/{mail.id}/{act}").status_code == 404


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.ADMIN])
def test_leaders_and_administrators_read_all_and_strangers_too(
    client: CheckingClient, role: RoleName
) -> None:
    a_company()
    client.sign_in(a_user(role))
    a_reply(a_contact(an_account(owner_id=a_user().id)), "For somebody else")
    stranger = a_reply(None, "Who are you?")
    page = client.get("/replies").text
    assert "For somebody else" in page
    assert "Who are you?" in page
    assert "stranger@elsewhere.example" in page
    assert f"/replies/{stranger.id}/stop-asking" not in page


def test_executives_read_and_change_nothing(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.EXECUTIVE))
    mail = a_reply(a_contact(), "For all to read")
    a_reply(None, "Who are you?")
    page = client.get("/replies").text
    assert "For all to read" in page
    assert "Who are you?" not in page
    assert f"/replies/{mail.id}/done" not in page
    assert client.post(f"/replies/{mail.id}/done").status_code == 403


HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> <a href="javascript:alert(3)">x</a>'


def test_markup_in_a_mail_is_shown_as_text(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann, words=HOSTILE, subject=HOSTILE, sender=HOSTILE)
    own = a_score(ann, words=HOSTILE, subject=HOSTILE)
    for path in ("/replies", f"/replies/{mail.id}", f"/replies/{own.id}/answer"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    "words", ["مرحبا، الخدمة ممتازة", "צוות נהדר", "‮evil‬", "x" * 20_000, "🙂" * 500, "a\n" * 3_000]
)
def test_any_words_in_any_direction_stay_on_the_page(
    client: CheckingClient, ann: Contact, words: str
) -> None:
    a_reply(ann, words, language="ar")
    page = client.get("/replies").text
    assert words in page
    assert 'dir="auto" lang="ar"' in page


def test_a_reply_without_words_of_its_own_says_so(client: CheckingClient, ann: Contact) -> None:
    a_reply(ann, "")
    assert "No words of their own" in client.get("/replies").text


def test_being_done_is_noted_once_and_can_be_taken_back(
    client: CheckingClient, csm: User, ann: Contact
) -> None:
    mail = a_reply(ann)
    for _twice in range(2):
        client.post(f"/replies/{mail.id}/done")
    assert again(mail).done_by_id == csm.id
    assert acts() == ["reply_done"]
    assert "Ann Ruiz" not in client.get("/replies").text
    done = client.get("/replies?view=done").text
    assert "Done by Clara Sommer" in done

    for _twice in range(2):
        client.post(f"/replies/{mail.id}/reopen")
    assert (again(mail).done_at, again(mail).done_by_id) == (None, None)
    assert acts() == ["reply_done", "reply_reopened"]
    assert "Ann Ruiz" in client.get("/replies").text


def test_what_somebody_did_before_is_not_said_to_be_done_now(client: CheckingClient, ann: Contact) -> None:
    mail = a_reply(ann)
    for act, done, already in (
        ("done", "Done. You find it under", "it was done already"),
        ("reopen", "It waits again.", "it waits already"),
    ):
        first, second = (client.post(f"/replies/{mail.id}/{act}", follow_redirects=True) for _ in range(2))
        assert done in first.text
        assert done not in second.text
        assert already in second.text


def test_after_an_act_one_is_back_where_it_was_done_and_nowhere_else(
    client: CheckingClient, ann: Contact
) -> None:
    mail = a_reply(ann)
    back = client.post(f"/replies/{mail.id}/done", data={"next": f"/replies/{mail.id}"})
    assert back.headers["Location"] == f"/replies/{mail.id}"
    away = client.post(f"/replies/{mail.id}/reopen", data={"next": "//evil.example"})
    assert away.headers["Location"] == "/replies"


def test_what_waits_is_counted_where_the_day_begins(client: CheckingClient, ann: Contact) -> None:
    a_reply(ann)
    done = a_reply(ann)
    client.post(f"/replies/{done.id}/done")
    assert "One reply waits for you." in client.get("/").text
    tab = " ".join(client.get("/responses").text.split())
    assert 'Replies <span class="v-count">1</span>' in tab


def test_words_that_ask_for_no_more_mail_stop_nothing_by_themselves(
    client: CheckingClient, csm: User, ann: Contact
) -> None:
    mail = a_reply(ann, "Please take me off your list.", reason="opt_out_request")
    invitation = invited(ann)
    assert "They seem to ask for no more mail." in client.get("/replies").text
    for _twice in range(2):
        client.post(f"/replies/{mail.id}/stop-asking")
    db.session.expire_all()
    assert db.session.get_one(Contact, ann.id).status == "opted_out"
    assert db.session.get_one(Invitation, invitation.id).state == InvitationState.OPTED_OUT
    assert is_suppressed(ann.email)
    assert again(mail).done_by_id == csm.id
    opted = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.opted_out")).all()
    assert [(act.actor_id, act.details) for act in opted] == [(csm.id, {"source": "reply"})]
    page = client.get("/replies?view=done").text
    assert "They are asked nothing any more." in page
    assert "/stop-asking" not in page


def test_somebody_nobody_knows_cannot_be_stopped_being_asked(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.LEADER))
    mail = a_reply(None, "Stop.")
    page = client.post(f"/replies/{mail.id}/stop-asking", follow_redirects=True)
    assert "Nobody here has this address" in page.text


def test_news_about_people_leads_to_the_suggestion(client: CheckingClient, ann: Contact) -> None:
    mail = a_reply(ann, "Ken has left.", reason="colleague_left")
    ken = a_contact(ann.account, first_name="Ken", last_name="Low")
    suggestion = a_left_suggestion(ken)
    suggestion.source, suggestion.source_id, suggestion.key = EvidenceSource.MAIL, mail.id, "reply:1"
    save(suggestion)
    page = client.get("/replies").text
    assert f'href="/people/{ken.id}#suggestion-{suggestion.id}"' in page
    assert f'id="suggestion-{suggestion.id}"' in client.get(f"/people/{ken.id}").text
    client.post(f"/suggestions/{suggestion.id}/accept")
    assert "Marked as left: Ken Low" in client.get("/replies").text


@pytest.mark.parametrize("query", ["?view=nonsense", "?page=-1", "?page=x", "?page=9999"])
def test_an_address_nobody_offered_shows_a_page(client: CheckingClient, ann: Contact, query: str) -> None:
    a_reply(ann)
    assert "Ann Ruiz" in client.get(f"/replies{query}").text


@pytest.mark.parametrize("mail_id", ["999999", "999999999999", "x"])
def test_a_reply_that_is_not_there_is_not_found(client: CheckingClient, csm: User, mail_id: str) -> None:
    assert client.get(f"/replies/{mail_id}").status_code == 404


def test_many_replies_take_no_more_statements_than_one(client: CheckingClient, ann: Contact) -> None:
    a_score(ann)
    client.get("/replies")
    db.session.expire_all()
    one = statements_of(lambda: client.get("/replies"))
    for number in range(30):
        person = a_contact(an_account(owner_id=ann.account.owner_id), first_name=f"P{number}")
        a_score(person)
    db.session.expire_all()
    many = statements_of(lambda: client.get("/replies"))
    assert many == one
