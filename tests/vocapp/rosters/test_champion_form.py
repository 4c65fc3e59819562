"""What champions type: every odd form gets its plain sentence, and nothing typed is lost."""

import html
import json
import re

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.translation import phrase_book
from tests.builders import NOW, a_contact, a_persona, an_account, save
from tests.vocapp.rosters.champion_builders import (
    a_champion,
    a_request,
    evidence,
    link_of,
    revisions_of,
    suggestions,
)
from vocapp.core.db import db
from vocapp.rosters import champion_form
from vocapp.rosters.champion_form import FormFacts, read_form
from vocapp.rosters.champion_queries import request_by_token
from vocapp.rosters.champion_rules import ChampionAnswer, Named, PersonSaid, Said

FACTS = FormFacts(
    contacts={3: "ken@acme.example", 4: "mia@acme.example"},
    personas={11: "decision_maker", 12: "admin"},
    champion_key="zenobia@acme.example",
    is_staff=lambda key: key.endswith("@vendor.example"),
)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def link(app):
    return link_of(a_request(a_champion()))


def kept_values(page):
    return {html.unescape(value) for value in re.findall(r' value="([^"]*)"', page.text)}


BAD = {
    "an address without @": ({"other-1-email": "ken.acme"}, "write an e-mail address, such as"),
    "our own staff": ({"other-1-email": "bo@vendor.example"}, "This is one of our own people."),
    "a role address": ({"other-1-email": "info@acme.example"}, "This looks like a shared mailbox."),
    "oneself": ({"other-1-email": "ZENOBIA@acme.example"}, "This is your own address"),
    "a title alone": ({"other-1-title": "Boss"}, "write a name or an e-mail address"),
    "10,000 characters": ({"other-1-name": "x" * 10_000}, "shorten this to 120 characters"),
    "the same person twice": (
        {"other-1-email": "bo@acme.example", "other-2-email": "Bo@ACME.example"},
        "You have named this person already.",
    ),
    "the same name twice": (
        {"other-1-name": "Bo Ek", "other-2-name": " bo  EK"},
        "You have named this person already.",
    ),
    "a long comment": ({"comment": "x" * 10_001}, "shorten your text to 10,000 characters"),
}


@pytest.mark.parametrize(("form", "sentence"), BAD.values(), ids=BAD)
def test_a_form_with_something_wrong_says_so_beside_the_field_and_keeps_it_all(client, link, form, sentence):
    typed = {**form, "other-3-name": "Mia Berg"}
    page = client.post(link, data=typed)
    assert page.status_code == 422
    assert page.text.count(sentence) == 2
    assert 'role="alert"' in page.text
    assert 'aria-invalid="true" aria-describedby="' in page.text
    text = html.unescape(page.text)
    assert all(value in text for value in typed.values())
    assert suggestions() == []
    assert evidence() == []
    assert revisions_of(request_by_token(link.removeprefix("/r/"))) == []


def test_a_champion_who_names_themselves_for_every_seat_is_told_at_every_seat(client, link):
    ids = [a_persona("decision_maker").id, a_persona("admin").id]
    places = [f"seat-{ids[0]}-1", f"seat-{ids[0]}-2", f"seat-{ids[1]}-1"]
    form = {f"{place}-email": "zenobia@acme.example" for place in places}
    page = client.post(link, data={**form, **{f"{place}-name": "Zenobia Quist" for place in places}})
    assert page.status_code == 422
    for place in places:
        assert f'<p class="a-error" id="{place}-email-error">This is your own address' in page.text


def test_two_hundred_proposals_are_refused_in_one_sentence_and_kept(client, link):
    form = {f"other-{number}-name": f"Person {number}" for number in range(1, 201)}
    page = client.post(link, data=form)
    assert page.status_code == 422
    assert page.text.count("Please name at most 20 people here.") == 2
    assert set(form.values()) <= kept_values(page)
    assert suggestions() == []


def test_twenty_people_may_be_named(client, link):
    form = {f"other-{number}-name": f"Person {number}" for number in range(1, 21)}
    assert client.post(link, data=form).status_code == 303
    assert len(suggestions()) == 20


def test_an_address_of_another_account_is_taken_and_told_to_nobody(client, link):
    a_contact(an_account(name="Borealis"), first_name="Elsa", email="elsa@borealis.example")
    sent = client.post(link, data={"other-1-name": "Elsa", "other-1-email": "elsa@borealis.example"})
    assert sent.status_code == 303
    assert "Borealis" not in client.get(link).text
    assert suggestions()[0].values["email"] == "elsa@borealis.example"


def test_a_colleague_we_know_may_be_named_and_is_recognised(client, link):
    request = request_by_token(link.removeprefix("/r/"))
    ken = a_contact(request.account, personas=(), first_name="Ken", email="ken@acme.example")
    client.post(link, data={"other-1-email": "ken@acme.example"})
    assert suggestions()[0].known_id == ken.id


@pytest.mark.parametrize(
    "name",
    [
        "Ολυμπία Παπαδοπούλου",
        "ليلى حداد",
        "山田 太郎",
        "🦊 Fox",
        "O'Brien <b>x</b>",
        "{{first_name}} {% x %}",
        "=HYPERLINK(1)",
        "Nguyễn Thị Minh Khai",
    ],
)
def test_names_in_any_script_come_through_exactly(client, link, name):
    assert client.post(link, data={"other-1-name": name}).status_code == 303
    values = suggestions()[0].values
    assert " ".join(filter(None, [values.get("first_name"), values.get("last_name")])) == name
    assert name in kept_values(client.get(link))


def test_marks_that_turn_text_around_are_taken_out(client, link):
    client.post(link, data={"other-1-name": "\u202eBo\u200f Ek\x00"})
    assert suggestions()[0].values == {"first_name": "Bo", "last_name": "Ek"}


def test_an_address_may_be_pasted_with_invisible_marks():
    form = read_form({"other-1-email": "\u200ebo@acme.example\u200f "}, FACTS)
    assert form.answer.named == (Named("", "", "bo@acme.example"),)


def test_a_change_must_say_what_changed():
    form = read_form({"person-3": "changed"}, FACTS)
    assert form.errors == {"person-3-title": champion_form.ERROR_WHAT_CHANGED}


def test_the_address_we_have_is_no_change():
    form = read_form({"person-3": "changed", "person-3-email": "KEN@acme.example"}, FACTS)
    assert form.answer.people == (PersonSaid(3, Said.CHANGED),)
    assert form.errors == {}


def test_fields_of_another_choice_are_passed_over():
    form = read_form({"person-3": "right", "person-3-email": "nonsense", "person-4": "maybe"}, FACTS)
    assert form.answer.people == (PersonSaid(3, Said.RIGHT),)
    assert form.errors == {}


def test_whoever_follows_may_be_the_champion_and_may_follow_two():
    fields = {
        "person-3": "left",
        "person-3-next-email": "zenobia@acme.example",
        "person-4": "left",
        "person-4-next-email": "zenobia@acme.example",
    }
    form = read_form(fields, FACTS)
    assert form.errors == {}
    assert {person.next_email for person in form.answer.people} == {"zenobia@acme.example"}


def test_people_of_other_accounts_and_unknown_seats_are_passed_over():
    form = read_form({"person-99": "left", "seat-77-1-name": "Bo", "seat-x-1-name": "Bo"}, FACTS)
    assert form.answer == ChampionAnswer(named=(Named("", "Bo", ""),))


def test_seats_come_before_others_and_in_page_order():
    fields = {"other-1-name": "C", "seat-12-1-name": "B", "seat-11-2-name": "A2", "seat-11-1-name": "A1"}
    named = read_form(fields, FACTS).answer.named
    assert [(one.persona_key, one.name) for one in named] == [
        ("decision_maker", "A1"),
        ("decision_maker", "A2"),
        ("admin", "B"),
        ("", "C"),
    ]


def test_an_answer_survives_the_database(app):
    answer = ChampionAnswer(
        (PersonSaid(3, Said.LEFT, next_name="Bo"),), (Named("admin", "山", "", "x"),), "é\n"
    )
    request = a_request(a_champion())
    request.answer = answer.as_json()
    save(request)
    db.session.expire_all()
    assert ChampionAnswer.from_json(request.answer) == answer


def test_every_error_is_a_phrase():
    errors = {value for name, value in vars(champion_form).items() if name.startswith("ERROR_")}
    assert errors <= set(phrase_book().phrases)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("person-3", "person-3-title", "person-3-email", "person-3-next-name", "person-4"),
                *("seat-11-1-name", "seat-11-1-email", "other-1-name", "other-1-email", "other-2-email"),
                "comment",
            ]
        ),
        st.one_of(st.text(), st.sampled_from(["right", "changed", "left", "bo@acme.example"])),
    )
)
def test_whatever_is_typed_is_read_and_what_is_read_survives_the_database(fields):
    form = read_form(fields, FACTS)
    assert form.given == fields
    assert set(form.errors) <= {*fields, "person-3-title", "person-4-title"} | {
        f"{name.rsplit('-', 1)[0]}-name" for name in fields
    }
    kept = json.loads(json.dumps(form.answer.as_json()))
    assert ChampionAnswer.from_json(kept) == form.answer
    assert "\x00" not in json.dumps(kept, ensure_ascii=False)


def test_hostile_fields_are_read_at_once():
    fields = {"seat-" + "1" * 50_000: "x", "other-1-email": "a@" * 25_000, "person-3": "left" * 10_000}
    assert set(read_form(fields, FACTS).errors) == {"other-1-email"}
