"""The page of suggestions, confirming people and taking evidence back."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import event, select

from tests.builders import NOW, a_company, a_contact, a_persona, a_user, an_account
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.identity.rules import RoleName

from .builders import a_correction, a_left_suggestion, a_suggestion, told


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def csm(client):
    a_company()
    a_persona("champion")
    user = a_user(name="Mia")
    client.sign_in(user)
    return user


@pytest.fixture
def acme(csm):
    return an_account(name="Acme", owner_id=csm.id)


def page_text(client, path="/suggestions"):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def post(client, suggestion, what="accept", **data):
    answer = client.post(f"/suggestions/{suggestion.id}/{what}", data=data)
    db.session.expire_all()
    return answer


def test_without_suggestions_the_page_says_what_will_come(client, csm):
    text = page_text(client)
    assert "Nothing waits for you" in text
    assert "decide-all" not in text


def test_a_suggestion_says_who_said_it_where_and_what_would_come_of_it(client, acme):
    a_suggestion(acme)
    text = page_text(client)
    said = ("Acme", "Add Ken Ito?", "Zenobia Quist said so on the answer page", "ken@customer.example")
    assert [words for words in said if words not in text] == []


def test_nothing_is_overwritten_unseen(client, acme):
    ana = a_contact(acme, first_name="Ana", last_name="Ruiz", title="Director")
    a_correction(ana, title="Vice President")
    text = page_text(client)
    assert "Change what is known about Ana Ruiz?" in text
    assert "<bdi>Director</bdi></del>" in text
    assert "<bdi>Vice President</bdi></ins>" in text


def test_somebody_known_here_already_is_named(client, acme):
    a_contact(acme, first_name="Ana", last_name="Ruiz")
    a_suggestion(acme, values={"first_name": "Ana", "last_name": "Ruiz", "email": "ana@customer.example"})
    text = page_text(client)
    assert "Somebody called Ana Ruiz is known here already." in text
    assert "Somebody else: add" in text


def test_an_address_known_at_another_account_is_said_to_those_who_may_see_it(client, acme, csm):
    a_contact(an_account(name="Globex", owner_id=csm.id), email="ken@customer.example")
    a_contact(an_account(name="Initech", owner_id=a_user().id), email="ken@customer.example")
    a_suggestion(acme)
    text = page_text(client)
    assert "This address is known at another account:" in text
    assert "Globex" in text
    assert "Initech" not in text


def test_an_address_of_another_account_can_be_added_all_the_same(client, acme, csm):
    a_contact(an_account(name="Globex", owner_id=csm.id), email="ken@customer.example")
    post(client, a_suggestion(acme))
    people = select(Contact).where(Contact.account_id == acme.id, Contact.first_name == "Ken")
    assert db.session.scalars(people).one().verified_on is None


def test_accepting_adds_the_person_and_takes_the_suggestion_from_the_list(client, acme):
    suggestion = a_suggestion(acme)
    assert post(client, suggestion, is_confirmed="y").location == "/suggestions"
    text = page_text(client)
    assert "Ken Ito was added." in text
    assert "Add Ken Ito?" not in text
    assert "Added: Ken Ito" in text
    assert suggestion.outcome.verified_on == NOW.date()


def test_accepting_from_another_page_leads_back_there(client, acme):
    suggestion = a_suggestion(acme)
    assert post(client, suggestion, next=f"/accounts/{acme.id}").location == f"/accounts/{acme.id}"


def test_accepting_leads_to_no_other_host(client, acme):
    assert post(client, a_suggestion(acme), next="//evil.example").location == "/suggestions"


def test_accepting_twice_says_that_it_was_decided(client, acme):
    suggestion = a_suggestion(acme)
    post(client, suggestion)
    post(client, suggestion)
    assert "Somebody decided this already; nothing was changed." in page_text(client)


def test_a_missing_address_can_be_typed_beside_the_name(client, acme):
    suggestion = a_suggestion(acme, values={"first_name": "Ken"})
    assert 'name="email"' in page_text(client)
    post(client, suggestion)
    assert "Nobody has told us an e-mail address yet" in page_text(client)
    post(client, suggestion, email="ken@customer.example")
    assert suggestion.outcome.email == "ken@customer.example"


def test_one_of_our_own_people_is_not_added_as_a_customer(client, acme, csm):
    suggestion = a_suggestion(acme, values={"first_name": "Me", "email": csm.email})
    post(client, suggestion)
    assert "is one of our own people" in page_text(client)
    assert suggestion.decision is None


def test_somebody_who_left_is_marked_with_one_click_and_comes_back_with_another(client, acme):
    ana = a_contact(acme, first_name="Ana", last_name="Ruiz")
    suggestion = a_left_suggestion(ana)
    assert "Has Ana Ruiz left?" in page_text(client)
    post(client, suggestion)
    assert ana.status == ContactStatus.LEFT
    assert "Marked as left: Ana Ruiz" in page_text(client)
    post(client, suggestion, "reopen")
    assert ana.status == ContactStatus.ACTIVE
    assert "Has Ana Ruiz left?" in page_text(client)


def test_a_dismissed_suggestion_changes_nothing_and_can_be_opened_again(client, acme):
    ana = a_contact(acme)
    suggestion = a_left_suggestion(ana)
    post(client, suggestion, "dismiss")
    assert "Dismissed; nothing was changed." in page_text(client)
    assert ana.status == ContactStatus.ACTIVE
    post(client, suggestion, "reopen")
    assert suggestion.decision is None


def test_saying_that_somebody_is_still_there_ends_the_doubt(client, acme):
    ana = a_contact(acme, first_name="Ana", last_name="Ruiz", verified_on=None)
    suggestion = a_left_suggestion(ana)
    post(client, suggestion, "dismiss", act="confirm")
    assert "Ana Ruiz is confirmed." in page_text(client)
    assert (suggestion.decision, ana.verified_on) == ("dismissed", NOW.date())
    post(client, suggestion, "reopen")
    assert (suggestion.decision, ana.verified_on) == (None, None)


def test_whoever_is_said_to_be_the_wrong_person_can_be_confirmed_as_the_right_one(client, acme):
    ana = a_contact(acme, first_name="Ana", last_name="Ruiz")
    a_correction(ana, personas=[])
    text = page_text(client)
    assert "Is Ana Ruiz the wrong person to ask?" in text
    assert ("Take the part away" in text, "The right person" in text) == (True, True)


def test_an_added_person_is_not_taken_away_by_undoing(client, acme):
    suggestion = a_suggestion(acme)
    post(client, suggestion)
    post(client, suggestion, "reopen")
    assert "A person was added, and is not taken away again" in page_text(client)


def test_several_are_decided_at_once_and_one_that_cannot_be_holds_up_no_other(client, acme, csm):
    a_contact(acme, first_name="Mei", last_name="Ono")
    chosen = [
        a_suggestion(acme),
        a_suggestion(acme, values={"first_name": "Me", "email": csm.email}),
        a_suggestion(acme, values={"first_name": "Mei", "last_name": "Ono", "email": "mei@c.example"}),
        a_left_suggestion(a_contact(acme)),
    ]
    client.post(
        "/suggestions/decide",
        data={"decision": "accepted", "chosen": [*(each.id for each in chosen), "nonsense", 2**70]},
    )
    db.session.expire_all()
    assert [each.decision for each in chosen] == ["accepted", None, None, "accepted"]
    text = page_text(client)
    assert "2 suggestions accepted." in text
    assert "is one of our own people" in text
    assert "Somebody called Mei Ono is known already" in text


def test_several_are_dismissed_at_once(client, acme):
    chosen = [a_suggestion(acme), a_left_suggestion(a_contact(acme))]
    client.post("/suggestions/decide", data={"decision": "dismissed", "chosen": [each.id for each in chosen]})
    assert "2 suggestions dismissed; nothing was changed." in page_text(client)


def test_ticking_none_changes_nothing(client, acme):
    a_suggestion(acme)
    client.post("/suggestions/decide", data={"decision": "accepted"})
    assert "first tick the suggestions you mean" in page_text(client)


def test_a_decision_that_is_none_is_refused(client, acme):
    assert client.post("/suggestions/decide", data={"decision": "maybe"}).status_code == 400


def test_ticked_suggestions_of_others_are_passed_over(client, csm):
    foreign = a_suggestion(an_account(owner_id=a_user().id))
    client.post("/suggestions/decide", data={"decision": "accepted", "chosen": foreign.id})
    db.session.expire_all()
    assert foreign.decision is None


@pytest.mark.parametrize("act", ["accept", "dismiss", "reopen"])
def test_suggestions_of_others_and_about_former_customers_do_not_exist(client, csm, act):
    foreign = a_suggestion(an_account(owner_id=a_user().id))
    former = a_suggestion(an_account(owner_id=csm.id, status="churned"))
    for suggestion in (foreign, former):
        assert post(client, suggestion, act).status_code == 404


def test_the_account_of_somebody_else_is_no_filter(client, csm):
    assert client.get(f"/suggestions?account={an_account(owner_id=a_user().id).id}").status_code == 404


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.ADMIN, RoleName.EXECUTIVE])
def test_those_who_see_all_accounts_see_all_suggestions(client, acme, role):
    a_suggestion(acme)
    client.sign_in(a_user(role))
    assert "Add Ken Ito?" in page_text(client)


def test_executives_read_and_find_no_buttons(client, acme):
    suggestion = a_suggestion(acme)
    client.sign_in(a_user(RoleName.EXECUTIVE))
    assert "Dismiss" not in page_text(client)
    assert post(client, suggestion).status_code == 403


def test_two_hundred_suggestions_come_in_pages(client, acme):
    for number in range(200):
        a_suggestion(acme, named_by_id=None, values={"first_name": f"Ken {number:03}"})
    first, last = page_text(client), page_text(client, "/suggestions?page=8")
    assert "Add Ken 000?" in first
    assert "Add Ken 025?" not in first
    assert "Add Ken 199?" in last


def test_names_in_any_script_are_shown_as_they_are(client, acme):
    a_suggestion(acme, values={"first_name": "ليلى", "last_name": "<b>", "title": "مديرة"})
    page = client.get("/suggestions").text
    assert "Add ليلى &lt;b&gt;?" in page
    assert "<bdi>مديرة</bdi>" in page


def test_the_champions_word_is_ticked_beforehand(client, acme):
    a_suggestion(acme, source=EvidenceSource.CHAMPION_PAGE)
    assert 'name="is_confirmed" value="y" checked' in page_text(client)


def statements_of(act):
    seen = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return seen


def test_the_number_of_statements_does_not_grow_with_the_suggestions(client, acme):
    def fill(number):
        for each in range(number):
            ana = a_contact(acme, last_name=f"Ruiz {each}")
            a_correction(ana, title="Vice President")
            a_suggestion(acme, named_by_id=ana.id, replaces_id=ana.id)

    fill(2)
    few = statements_of(lambda: page_text(client))
    fill(9)
    many = statements_of(lambda: page_text(client))
    assert len(many) == len(few)


def test_confirming_a_person_is_evidence_and_leads_back(client, acme):
    ana = a_contact(acme, verified_on=None, first_name="Ana", last_name="Ruiz")
    sent = client.post(f"/people/{ana.id}/confirm")
    assert sent.location == f"/people/{ana.id}"
    db.session.expire_all()
    assert ana.verified_on == NOW.date()
    evidence = db.session.scalars(select(Evidence)).one()
    assert (evidence.kind, evidence.source, evidence.details) == ("confirmed", "csm", {"by": "Mia"})


def test_evidence_can_be_taken_back(client, acme):
    ana = a_contact(acme)
    evidence = told(ana, source=EvidenceSource.MAIL)
    client.post(f"/evidence/{evidence.id}/undo")
    db.session.expire_all()
    assert ana.status == ContactStatus.ACTIVE
    assert evidence.undone_at is not None


def test_evidence_of_others_does_not_exist(client, csm):
    evidence = told(a_contact(an_account(owner_id=a_user().id)))
    assert client.post(f"/evidence/{evidence.id}/undo").status_code == 404


def test_a_suggestion_survives_that_the_account_knows_nobody(client, acme):
    a_suggestion(acme, named_by_id=None, source=EvidenceSource.CRM)
    assert "Told in the CRM" in page_text(client)
    assert db.session.scalars(select(Suggestion)).one().named_by is None


def test_the_account_page_shows_what_waits_there_and_leads_to_the_rest(client, acme):
    for number in range(5):
        a_suggestion(acme, values={"first_name": f"Ken {number}"})
    text = page_text(client, f"/accounts/{acme.id}")
    assert "Waits for a decision" in text
    assert ("Add Ken 2?" in text, "Add Ken 3?" in text) == (True, False)
    assert "Show all 5 suggestions" in text


def test_an_account_without_suggestions_says_nothing_about_them(client, acme):
    assert "Waits for a decision" not in page_text(client, f"/accounts/{acme.id}")


def test_a_decision_on_the_account_page_leads_back_to_it(client, acme):
    suggestion = a_suggestion(acme)
    text = page_text(client, f"/accounts/{acme.id}")
    assert f'action="/suggestions/{suggestion.id}/accept"' in text
    assert f'name="next" value="/accounts/{acme.id}"' in text


def test_the_person_page_shows_what_was_said_with_a_way_back(client, acme):
    ana = a_contact(acme)
    evidence = told(ana)
    text = page_text(client, f"/people/{ana.id}")
    assert "Said to have left" in text
    assert f'action="/evidence/{evidence.id}/undo"' in text


def test_the_person_page_says_for_how_many_waves_somebody_was_silent(client, acme):
    ana = a_contact(acme)
    told(ana, EvidenceKind.SILENT, source=EvidenceSource.WAVE, details={"waves": 4})
    assert "Silent in 4 waves in a row" in page_text(client, f"/people/{ana.id}")


def test_a_csm_says_until_when_somebody_is_away_and_the_page_says_so(client, acme):
    ana = a_contact(acme, first_name="Ana", last_name="Silva")
    until = (NOW + timedelta(days=9)).date()
    answer = client.post(f"/people/{ana.id}/away", data={"until": until.isoformat()}, follow_redirects=True)
    text = " ".join(unescape(answer.get_data(as_text=True)).split())
    assert "Noted: Ana Silva is away until" in text
    assert "what we want to ask waits until they are back" in text


@pytest.mark.parametrize("until", ["", "soon", "2026-02-30", "2001-01-01"])
def test_a_day_that_cannot_be_is_refused_in_a_sentence(client, acme, until):
    ana = a_contact(acme)
    answer = client.post(f"/people/{ana.id}/away", data={"until": until}, follow_redirects=True)
    assert "last day they are away" in unescape(answer.get_data(as_text=True))
    db.session.expire_all()
    assert db.session.get_one(Contact, ana.id).absent_until is None


def test_nobody_says_of_somebody_elses_person_that_they_are_away(client, csm):
    stranger = a_contact(an_account(owner_id=a_user().id))
    assert client.post(f"/people/{stranger.id}/away", data={"until": "2099-01-01"}).status_code == 404
