"""The champion's page: what it shows and never shows, and what becomes of what is sent."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, save
from tests.vocapp.rosters.champion_builders import (
    BROWSER,
    a_champion,
    a_request,
    an_account_of_acme,
    evidence,
    link_of,
    messages_of,
    revisions_of,
    suggestions,
)
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import Base, db, transaction
from vocapp.rosters.champion import withdraw_request
from vocapp.rosters.champion_queries import request_by_token
from vocapp.rosters.rules import RequestState


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def champion(app):
    return a_champion()


@pytest.fixture
def colleague(champion):
    return a_contact(
        champion.account,
        personas=("decision_maker",),
        first_name="Ken",
        last_name="Ito",
        email="ken@acme.example",
        title="Head of IT",
        influence="high",
    )


@pytest.fixture
def link(champion, colleague):
    return link_of(a_request(champion))


def seat_of(page, words):
    """Return the prefix of the fields of a seat."""
    return re.search(rf'{words}</bdi></span></legend>.*?name="(seat-\d+)-1-name"', page.text, re.DOTALL)[1]


def rows_everywhere():
    db.session.expire_all()
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("path", ["", "/thanks", "?lang=de"])
def test_looking_records_nothing(client, link, method, path):
    before = rows_everywhere()
    getattr(client, method)(link + path, headers={"Sec-Purpose": "prefetch"})
    assert rows_everywhere() == before
    assert request_by_token(link.removeprefix("/r/")).state == RequestState.SENT


def test_the_page_lists_people_by_name_title_and_part_in_plain_words(client, link):
    text = client.get(link).text
    assert "Who else should we listen to?" in text
    assert "Ana Silva asks" in text
    assert ">Ken Ito<" in text
    assert "Head of IT" in text
    assert "Decides about working with us" in text
    assert "Main contact for our work together" in text


def test_the_page_shows_no_address_score_status_or_persona_name(client, link, colleague):
    with transaction():
        colleague.verified_on = None
    text = client.get(link).text
    for secret in ("@acme.example", "Decision maker", "Champion", "high", "verified", "active", "Tier"):
        assert secret not in text, secret


def test_those_who_left_or_opted_out_and_shared_mailboxes_are_not_listed(client, champion):
    for number, values in enumerate(
        [
            {"status": ContactStatus.LEFT},
            {"status": ContactStatus.OPTED_OUT},
            {"is_role_address": True},
            {"merged_into_id": champion.id},
        ]
    ):
        a_contact(champion.account, last_name=f"Hidden{number}", **values)
    assert "Hidden" not in client.get(link_of(a_request(champion))).text


def test_the_champion_is_masked_in_the_foot(client, link):
    assert "For Z… at Acme." in client.get(link).text


def test_what_is_confirmed_becomes_evidence_and_verifies(client, link, champion, colleague):
    with transaction():
        colleague.verified_on = None
    sent = client.post(link, data={f"person-{colleague.id}": "right"}, headers={"User-Agent": BROWSER})
    assert sent.status_code == 303
    assert evidence() == [(champion.id, "answered"), (colleague.id, "confirmed")]
    assert db.session.get(Contact, colleague.id).verified_on == NOW.date()
    assert suggestions() == []


def test_somebody_who_left_becomes_evidence_and_two_suggestions(client, link, colleague):
    client.post(
        link,
        data={
            f"person-{colleague.id}": "left",
            f"person-{colleague.id}-next-name": "Mia Berg",
            f"person-{colleague.id}-next-email": "mia@acme.example",
        },
    )
    assert (colleague.id, "said_left") in evidence()
    left, follows = suggestions()
    assert (left.kind, left.contact_id) == ("left", colleague.id)
    assert (follows.kind, follows.replaces_id) == ("new_person", colleague.id)
    assert follows.values == {"first_name": "Mia", "last_name": "Berg", "email": "mia@acme.example"}
    assert db.session.get(Contact, colleague.id).status == ContactStatus.ACTIVE


def test_a_new_title_and_address_are_proposed_and_nothing_is_overwritten(client, link, colleague):
    client.post(
        link,
        data={
            f"person-{colleague.id}": "changed",
            f"person-{colleague.id}-title": "CIO",
            f"person-{colleague.id}-email": "k.ito@acme.example",
        },
    )
    (correction,) = suggestions()
    assert correction.kind == "correction"
    assert correction.values == {"title": "CIO", "email": "k.ito@acme.example"}
    assert db.session.get(Contact, colleague.id).title == "Head of IT"


def test_an_empty_seat_is_filled_by_name(client, link, champion):
    page = client.get(link)
    place = seat_of(page, "Sets the product up and looks after it") + "-1"
    client.post(
        link, data={f"{place}-name": "Bo Ek", f"{place}-email": "bo@acme.example", f"{place}-title": "Admin"}
    )
    (named,) = suggestions()
    assert (named.kind, named.persona_key, named.named_by_id) == ("new_person", "admin", champion.id)
    assert named.values == {
        "first_name": "Bo",
        "last_name": "Ek",
        "email": "bo@acme.example",
        "title": "Admin",
    }


def test_the_request_is_answered_and_its_reminder_taken_back(client, link):
    request = request_by_token(link.removeprefix("/r/"))
    save_due = NOW + timedelta(days=7)
    with transaction():
        request.reminder_due_at = save_due
    client.post(link, data={"comment": "All good"})
    db.session.refresh(request)
    assert request.state == RequestState.ANSWERED
    assert request.answered_at == NOW + timedelta(hours=1)
    assert request.reminder_due_at is None
    assert request.answer == {"people": [], "named": [], "comment": "All good"}


def test_the_thanks_say_what_happens_next(client, link):
    sent = client.post(link, data={"comment": "Hello", "lang": "en"})
    page = client.get(sent.location)
    assert "Your answer is saved." in page.text
    assert "Ana Silva goes through what you told us" in page.text
    assert "Nobody you named is written to before that." in page.text


def test_the_thanks_of_somebody_who_sent_nothing_lead_to_the_page(client, link):
    assert client.get(f"{link}/thanks").location == link


def test_the_same_form_again_changes_nothing(client, link, colleague):
    form = {f"person-{colleague.id}": "left", "other-1-name": "Bo Ek"}
    for _time in range(3):
        assert client.post(link, data=form).status_code == 303
    assert len(suggestions()) == 2
    assert len(evidence()) == 2
    assert len(revisions_of(request_by_token(link.removeprefix("/r/")))) == 1


def test_a_later_form_takes_the_place_of_the_earlier(client, link, colleague):
    client.post(link, data={f"person-{colleague.id}": "left", "other-1-name": "Bo Ek", "seen": "0"})
    client.post(link, data={f"person-{colleague.id}": "right", "other-1-name": "Mia Berg", "seen": "1"})
    (named,) = suggestions()
    assert named.values["first_name"] == "Mia"
    assert db.session.get(Contact, colleague.id).verified_on == NOW.date()
    request = request_by_token(link.removeprefix("/r/"))
    assert request.revision == 2


def test_what_was_decided_stays_decided_when_the_form_changes(client, link):
    client.post(link, data={"other-1-name": "Bo Ek"})
    with transaction():
        suggestions()[0].decision = "dismissed"
    client.post(link, data={"other-1-name": "Bo Ek", "comment": "Really"})
    client.post(link, data={"comment": "Nobody"})
    assert [one.decision for one in suggestions()] == ["dismissed"]


def test_another_device_is_asked_before_it_replaces_what_counts(client, link):
    client.post(link, data={"comment": "First", "seen": "0"})
    page = client.post(link, data={"comment": "Second", "seen": "0"})
    assert page.status_code == 409
    assert "You have already answered. Replace your answer?" in page.text
    assert ">\nSecond</textarea>" in page.text
    assert request_by_token(link.removeprefix("/r/")).answer["comment"] == "First"


def test_what_was_said_stands_in_the_form_again(client, link, colleague):
    client.post(
        link,
        data={
            f"person-{colleague.id}": "changed",
            f"person-{colleague.id}-title": "CIO",
            "other-1-name": "Bo Ek",
            "comment": "Hi",
        },
    )
    text = client.get(link).text
    assert "This is what you told us." in text
    assert f'id="person-{colleague.id}-changed" value="changed" checked' in text
    assert 'value="CIO"' in text
    assert 'name="other-1-name" value="Bo Ek"' in text


def test_a_filled_trap_is_kept_apart_and_tells_nothing_on(client, link):
    sent = client.post(link, data={"other-1-name": "Bo Ek", "website": "spam"})
    assert sent.status_code == 303
    assert client.get(sent.location).status_code == 200
    assert suggestions() == []
    request = request_by_token(link.removeprefix("/r/"))
    assert request.state == RequestState.SENT
    assert [form.quarantine_reason for form in revisions_of(request)] == ["trap_field"]


def test_an_announced_machine_within_seconds_is_kept_apart(client, champion):
    request = a_request(champion, sent_at=NOW + timedelta(hours=1, seconds=-2))
    client.post(link_of(request), data={"comment": "x"}, headers={"User-Agent": "LinkScanner/1.0"})
    assert [form.quarantine_reason for form in revisions_of(request)] == ["soon+bot"]


@pytest.mark.parametrize("path", ["/r/{}", "/r/{}/thanks"])
def test_an_unknown_link_ends_in_a_polite_404(client, path):
    page = client.get(path.format("no-such-token"))
    assert page.status_code == 404
    assert "We cannot find this page" in page.text


def test_a_link_past_its_end_says_so_and_thanks(client, champion):
    link = link_of(a_request(champion, expires_at=NOW))
    for page in (client.get(link), client.post(link, data={"comment": "x"})):
        assert page.status_code == 410
        assert "Thank you for coming by" in page.text
        assert not re.search("Zenobia|Quist|Acme|Ana|Silva|Vendor", page.text)


def test_a_withdrawn_request_closes_its_page_and_cancels_its_mail(client, champion):
    request = a_request(champion, is_sent=False)
    with transaction():
        withdraw_request(request, by=request.sender, now=NOW + timedelta(hours=1))
    assert client.get(link_of(request)).status_code == 410
    assert [message.state for message in messages_of(request)] == ["cancelled"]


def test_two_hundred_people_make_one_page_with_the_seat_holders_first(client, champion, colleague):
    for number in range(198):
        save(
            Contact(
                account_id=champion.account_id,
                first_name="A",
                last_name=f"Aa{number:03}",
                email=f"a{number}@acme.example",
                email_key=f"a{number}@acme.example",
            )
        )
    page = client.get(link_of(a_request(champion)))
    shown, folded = page.text.split("<details", 1)
    assert ">Ken Ito<" in shown
    assert shown.count("a-person") == 8
    assert folded.count("a-person") == 192
    assert len(page.data) < 400_000


def test_nothing_sets_a_cookie_and_nothing_is_fetched_from_elsewhere(client, link):
    page = client.get(link)
    assert "Set-Cookie" not in page.headers
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in page.text


def test_the_page_speaks_the_champions_language(client):
    account = an_account_of_acme()
    link = link_of(a_request(a_champion(account, language="ar")))
    text = client.get(link).text
    assert '<html lang="ar" dir="rtl">' in text
    assert "يُعدّ المنتج ويعتني به" in text


def test_the_opt_out_link_of_the_mail_works_and_closes_the_page(client, champion, link):
    opt_out = link.replace("/r/", "/u/")
    assert "Stop these questions?" in client.get(opt_out).text
    assert db.session.get(Contact, champion.id).status == ContactStatus.ACTIVE
    one_click = client.post(opt_out, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert "Done. You will get no more questions like this." in one_click.text
    assert db.session.get(Contact, champion.id).status == ContactStatus.OPTED_OUT
    assert client.get(link).status_code == 410
