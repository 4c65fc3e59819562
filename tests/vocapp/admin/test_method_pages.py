"""The pages of the method: reading it, changing it, previewing, and a second person's word."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from sqlalchemy import event

from surveys.parameters import DEFAULT_METHOD, DEFAULTS, PARAMETERS, plain_number
from tests.builders import NOW, a_company, a_profile, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.relationship.builders import a_closed_wave, a_full_account, asked, people, rescored
from vocapp.accounts.models import Account
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.method.models import MethodVersion
from vocapp.method.queries import method_on, open_version, version_in_force, version_numbered
from vocapp.method.service import begin_draft, save_draft
from vocapp.relationship import what_if
from vocapp.relationship.queries import latest_scores
from vocapp.workflows.preview_method import preview_method

TYPED = {key: plain_number(value) for key, value in DEFAULTS.items()}
LENIENT = {"green_from": "50", "red_below": "5", "certainty": "51", "minimum_component": "0"}
PAGE = "/method/parameters"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leader(client: CheckingClient) -> User:
    a_company()
    person = a_user(RoleName.LEADER, name="Mara Lindqvist")
    client.sign_in(person)
    return person


def text_of(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return " ".join(unescape(response.get_data(as_text=True)).split())


def said_after(client: CheckingClient, path: str, data: dict[str, Any]) -> str:
    response = client.post(path, data=data, follow_redirects=True)
    assert response.status_code == 200, path
    return " ".join(unescape(response.get_data(as_text=True)).split())


def half_happy_accounts(*regions: str) -> list[Account]:
    """Accounts whose colour depends on where the marks lie."""
    accounts = [
        a_full_account(name=f"Yarrow {number}", region=region) for number, region in enumerate(regions)
    ]
    wave = a_closed_wave()
    for account in accounts:
        for place, person in enumerate(people(account, "decision_maker", *["champion"] * 7)):
            asked(person, wave, rating=9 if place % 2 else None)
    rescored()
    assert {score.status for score in latest_scores().values()} == {"amber"}
    return accounts


def a_saved_draft(client: CheckingClient, *, note: str = "Try it", **values: str) -> int:
    """A draft with other values, saved on its page; return its number."""
    client.post(f"{PAGE}/draft")
    version = open_version()
    client.post(f"{PAGE}/{version.number}", data={**TYPED, **values, "note": note, "seen": "0"})
    return version.number


def test_the_method_in_plain_words_is_there_for_everybody(client):
    a_company()
    for role in RoleName:
        client.sign_in(a_user(role))
        text = text_of(client, "/method")
        assert "The method as it comes with the product." in text
        assert "Footprint has 30% of the weight" in text
        assert (f'href="{PAGE}"' in text) is (role in (RoleName.ADMIN, RoleName.LEADER))
        assert text.count('href="/method"') >= 1


def test_the_method_page_says_what_is_in_force_with_the_default_beside_it(client, leader):
    number = a_saved_draft(client, half_life="6", footprint_weight="0,6")
    client.post(f"{PAGE}/{number}/force", data={"seen": "1"})
    text = text_of(client, "/method")
    assert "Version 2 of the method, in force since Mar 11, 2026." in text
    assert "half as much once it is 6 months old" in text
    assert "Footprint has 46.2% of the weight" in text
    row = text[text.index("Half-life") :]
    assert row.index("6 months") < row.index("12 months")


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_only_leaders_and_administrators_see_the_parameters(client, leader, role):
    number = a_saved_draft(client, half_life="6")
    client.sign_in(a_user(role))
    for path in (PAGE, f"{PAGE}/1", f"{PAGE}/{number}/preview"):
        assert client.get(path).status_code == 404
    for act in ("force", "approve", "refuse", "take-back", "discard", "reviewed", "work-out"):
        assert client.post(f"{PAGE}/{number}/{act}", data={"seen": "1"}).status_code in (403, 404)
    assert open_version().state == "draft"


def test_a_draft_begins_with_the_values_in_force_and_is_the_same_for_all(client, leader):
    assert "Begin a draft" in text_of(client, PAGE)
    text = said_after(client, f"{PAGE}/draft", {})
    assert 'name="half_life"' in text
    assert "After this time an invitation counts half as much as a new one." in text
    assert "Default 12 months; from 3 to 60 months." in text
    client.sign_in(a_user(RoleName.ADMIN))
    said_after(client, f"{PAGE}/draft", {})
    assert open_version().number == 2
    assert db.session.query(MethodVersion).count() == 2


def test_a_saved_draft_changes_nothing_yet(client, leader):
    number = a_saved_draft(client, half_life="6")
    assert open_version().chosen == replace(DEFAULT_METHOD, half_life=6.0)
    assert method_on(NOW.date()).number == 1
    text = text_of(client, f"{PAGE}/{number}")
    assert "Half-life" in text[text.index("Saved so far") :]
    assert "12 months →</span> <b>6 months</b>" in text


@pytest.mark.parametrize("one", PARAMETERS, ids=lambda one: one.key)
def test_each_wrong_value_has_its_sentence_and_nothing_is_lost(client, leader, one):
    client.post(f"{PAGE}/draft")
    typed = {**TYPED, one.key: "lots", "note": "A long thought", "seen": "0"}
    text = said_after(client, f"{PAGE}/2", typed)
    assert f"{one.name}: write a number {one.range_words}." in text
    assert 'value="lots"' in text
    assert "A long thought" in text
    assert open_version().saves == 0


def test_values_that_contradict_each_other_are_told_at_the_field(client, leader):
    client.post(f"{PAGE}/draft")
    text = said_after(client, f"{PAGE}/2", {**TYPED, "high_to": "40", "seen": "0"})
    assert "Medium confidence must reach further than high confidence." in text


def test_an_empty_form_is_no_draft(client, leader):
    client.post(f"{PAGE}/draft")
    assert "entries need another look" in said_after(client, f"{PAGE}/2", {})
    assert open_version().saves == 0


def test_of_two_who_save_at_once_the_second_sees_what_the_first_saved(client, leader):
    number = a_saved_draft(client, half_life="6")
    text = said_after(client, f"{PAGE}/{number}", {**TYPED, "half_life": "9", "note": "Mine", "seen": "0"})
    assert "Somebody else saved this draft meanwhile" in text
    assert "12 months →</span> <b>6 months</b>" in text
    assert 'value="9"' in text
    assert open_version().chosen.half_life == 6.0
    said_after(client, f"{PAGE}/{number}", {**TYPED, "half_life": "9", "note": "Mine", "seen": "1"})
    assert open_version().chosen.half_life == 9.0


def test_the_preview_counts_and_names_who_would_change_colour(client, leader):
    half_happy_accounts("EMEA", "EMEA", "")
    number = a_saved_draft(client, **LENIENT)
    text = text_of(client, f"{PAGE}/{number}/preview")
    assert "3 accounts would change colour with version 2. Nothing has changed yet." in text
    assert all(f"Yarrow {place}" in text for place in range(3))
    assert text.index("Watch") < text.index("Strong")
    assert "a second person has to approve" in text
    assert {score.method_version for score in latest_scores().values()} == {1}


def test_the_preview_is_narrowed_by_region_and_tier(client, leader):
    accounts = half_happy_accounts("EMEA", "APAC", "")
    other = a_tier("Tier 9", rank=9)
    a_profile(other, decision_maker=1, champion=1)
    with transaction():
        accounts[1].tier_id = other.id
    rescored()
    number = a_saved_draft(client, **LENIENT)
    preview = f"{PAGE}/{number}/preview"
    apac = text_of(client, f"{preview}?region=APAC")
    assert "Yarrow 1" in apac
    assert "Yarrow 0" not in apac
    nowhere = text_of(client, f"{preview}?region=-")
    assert "Yarrow 2" in nowhere
    assert "Yarrow 0" not in nowhere
    tier = text_of(client, f"{preview}?tier={accounts[0].tier_id}")
    assert "Yarrow 0" in tier
    assert "Yarrow 1" not in tier
    assert "No account of this region and tier." in text_of(client, f"{preview}?region=Mars")


def test_a_preview_without_accounts_says_so(client, leader):
    number = a_saved_draft(client, half_life="6")
    assert "No account would change colour with version 2." in text_of(client, f"{PAGE}/{number}/preview")


def test_one_region_needs_nobody_else(client, leader):
    half_happy_accounts("EMEA", "EMEA")
    number = a_saved_draft(client, **LENIENT)
    text = said_after(client, f"{PAGE}/{number}/force", {"seen": "1"})
    assert "Version 2 is in force; the scores follow in a minute." in text
    assert version_in_force().number == 2


def test_several_regions_need_a_second_person(client, leader):
    half_happy_accounts("EMEA", "APAC")
    number = a_saved_draft(client, **LENIENT)
    text = said_after(client, f"{PAGE}/{number}/force", {"seen": "1"})
    assert "It waits for a second person" in text
    assert version_in_force().number == 1
    text = text_of(client, f"{PAGE}/{number}/preview")
    assert "Approve and put into force" not in text
    text = said_after(client, f"{PAGE}/{number}/approve", {"seen": "1"})
    assert "somebody else has to decide" in text
    client.sign_in(a_user(RoleName.ADMIN, name="Noor Haddad"))
    assert "you may approve or refuse it" in text_of(client, f"{PAGE}/{number}/preview")
    text = said_after(client, f"{PAGE}/{number}/approve", {"seen": "1"})
    assert "Version 2 is in force" in text
    assert "Noor Haddad" in text[text.index("Approved by") :]


def test_a_second_person_refuses_with_a_reason(client, leader):
    half_happy_accounts("EMEA", "APAC")
    number = a_saved_draft(client, **LENIENT)
    client.post(f"{PAGE}/{number}/force", data={"seen": "1"})
    client.sign_in(a_user(RoleName.LEADER))
    assert "Say why you refuse it" in said_after(client, f"{PAGE}/{number}/refuse", {"why": " "})
    text = said_after(client, f"{PAGE}/{number}/refuse", {"why": "Too lenient"})
    assert "Refused; the version in force stays." in text
    assert "Too lenient" in text
    assert version_numbered(number).state == "refused"
    assert "Too lenient" in text_of(client, f"{PAGE}/{number}")
    said_after(client, f"{PAGE}/draft", {"like": str(number)})
    assert open_version().chosen.green_from == 50.0


def test_whoever_changes_their_mind_takes_it_back_and_throws_it_away(client, leader):
    half_happy_accounts("EMEA", "APAC")
    number = a_saved_draft(client, **LENIENT)
    client.post(f"{PAGE}/{number}/force", data={"seen": "1"})
    assert "waits for approval; decide about it first" in said_after(client, f"{PAGE}/draft", {})
    assert "It is a draft again." in said_after(client, f"{PAGE}/{number}/take-back", {})
    assert "The draft is gone" in said_after(client, f"{PAGE}/{number}/discard", {})
    assert "This draft is gone" in said_after(client, f"{PAGE}/{number}/discard", {})
    assert client.get(f"{PAGE}/{number}").status_code == 404
    assert client.get(f"{PAGE}/{number}/preview").status_code == 404


@pytest.mark.parametrize(
    ("note", "seen", "sentence"), [("", "1", "Say why the method changes"), ("x", "0", "was saved since")]
)
def test_what_stands_in_the_way_is_said_where_it_was_asked(client, leader, note, seen, sentence):
    number = a_saved_draft(client, note=note, half_life="6")
    assert sentence in said_after(client, f"{PAGE}/{number}/force", {"seen": seen})
    assert version_in_force().number == 1


def test_a_version_in_force_is_not_changed_by_a_page_left_open(client, leader):
    text = said_after(client, f"{PAGE}/1", {**TYPED, "half_life": "6", "seen": "0"})
    assert "Version 1 is in force already" in text
    assert version_in_force().chosen == DEFAULT_METHOD
    assert client.get(f"{PAGE}/1/preview").status_code == 404


def test_with_many_accounts_a_job_works_it_out(client, leader, monkeypatch):
    half_happy_accounts("EMEA", "EMEA")
    monkeypatch.setattr(what_if, "ACCOUNTS_TO_WAIT_FOR", 1)
    number = a_saved_draft(client, **LENIENT)
    preview = f"{PAGE}/{number}/preview"
    assert "It is being worked out" in text_of(client, preview)
    assert "worked out first" in said_after(client, f"{PAGE}/{number}/force", {"seen": "1"})
    preview_method({"number": number})
    db.session.expire_all()
    assert "2 accounts would change colour" in text_of(client, preview)
    client.post(f"{PAGE}/{number}", data={**TYPED, **LENIENT, "half_life": "6", "note": "x", "seen": "1"})
    assert "It is being worked out" in text_of(client, preview)
    preview_method({"number": number})
    db.session.expire_all()
    assert "Version 2 is in force" in said_after(client, f"{PAGE}/{number}/force", {"seen": "2"})


def test_what_was_worked_out_yesterday_is_worked_out_again(client, leader, monkeypatch):
    half_happy_accounts("EMEA", "EMEA")
    monkeypatch.setattr(what_if, "ACCOUNTS_TO_WAIT_FOR", 1)
    number = a_saved_draft(client, **LENIENT)
    preview_method({"number": number})
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        client.sign_in(leader)
        assert "Not worked out yet" in text_of(client, f"{PAGE}/{number}/preview")
        assert "worked out first" in said_after(client, f"{PAGE}/{number}/force", {"seen": "1"})
        assert "It is being worked out" in said_after(client, f"{PAGE}/{number}/work-out", {})


def test_answers_that_come_after_the_preview_are_in_it_when_asked_and_when_put_into_force(client, leader):
    half_happy_accounts("EMEA", "EMEA")
    number = a_saved_draft(client, **LENIENT)
    half_happy_accounts("EMEA", "EMEA", "APAC")
    preview = f"{PAGE}/{number}/preview"
    assert "2 accounts would change colour" in text_of(client, preview)
    assert "5 accounts would change colour" in said_after(client, f"{PAGE}/{number}/work-out", {})
    half_happy_accounts("DACH")
    assert "It waits for a second person" in said_after(client, f"{PAGE}/{number}/force", {"seen": "1"})


def test_the_yearly_look_is_due_until_somebody_notes_it(client, leader):
    assert "The yearly look" not in text_of(client, PAGE)
    with transaction():
        db.session.get(MethodVersion, 1).next_review_on = NOW.date()
    assert "The yearly look at the method is due since Mar 11, 2026" in text_of(client, PAGE)
    text = said_after(client, f"{PAGE}/1/reviewed", {})
    assert "the next look is due in a year" in text
    assert "is due since" not in text
    assert "Mar 11, 2027" in text


def statements_of(act: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_the_pages_take_a_fixed_number_of_statements(client, leader):
    half_happy_accounts("EMEA")
    number = a_saved_draft(client, **LENIENT)
    paths = ("/method", PAGE, f"{PAGE}/{number}", f"{PAGE}/{number}/preview")
    small = [statements_of(lambda path=path: client.get(path)) for path in paths]
    for _unused in range(12):
        half_happy_accounts("EMEA", "APAC")
    assert [statements_of(lambda path=path: client.get(path)) for path in paths] == small


def test_two_with_an_unusual_account_name_read_well(client, leader):
    an_account(name="<b>Ґалаґан & Söhne</b>")
    with transaction():
        draft = begin_draft(by=leader, now=NOW)
        save_draft(draft.number, DEFAULT_METHOD, note="<i>why</i>", seen=0, by=leader, now=NOW)
    assert "<i>why</i>" not in client.get(f"{PAGE}/{draft.number}/preview").get_data(as_text=True)
