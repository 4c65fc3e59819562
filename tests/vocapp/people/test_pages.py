"""The page of a person and the people map, by role and by what is known."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine

from tests.builders import (
    NOW,
    a_contact,
    a_profile,
    a_response,
    a_tier,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account, Contact, Note
from vocapp.assessments.models import Assessment
from vocapp.campaigns.rules import InvitationState
from vocapp.duplicates.models import ContactMerge
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def csm(client: CheckingClient) -> User:
    user = a_user(name="Rosa")
    client.sign_in(user)
    return user


def text_of(client: CheckingClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def page_of(client: CheckingClient, person: Contact) -> str:
    return text_of(client, f"/people/{person.id}")


def map_of(client: CheckingClient, account: Account) -> str:
    return text_of(client, f"/accounts/{account.id}/map")


def mine(csm: User, **values: Any) -> Account:
    return an_account(owner_id=csm.id, **values)


def told(contact: Contact, kind: str, *, days_ago: int = 1, **values: Any) -> Evidence:
    return save(
        Evidence(
            account_id=contact.account_id,
            contact_id=contact.id,
            kind=kind,
            occurred_at=NOW - timedelta(days=days_ago),
            **{"source": "mail", "source_id": days_ago, "details": {}, "effect": {}, **values},
        )
    )


@pytest.mark.parametrize(
    "path", ["/people/{contact}", "/accounts/{account}/map", "/people/{contact}/timeline"]
)
def test_what_belongs_to_another_csm_does_not_exist(client: CheckingClient, csm: User, path: str) -> None:
    stranger = a_contact(an_account(owner_id=a_user().id))
    address = path.format(contact=stranger.id, account=stranger.account_id)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("role", [RoleName.ADMIN, RoleName.LEADER, RoleName.EXECUTIVE])
def test_those_who_see_all_accounts_see_the_map(client: CheckingClient, role: RoleName) -> None:
    client.sign_in(a_user(role))
    person = a_contact(last_name="Silva")
    assert "Ana Silva" in map_of(client, person.account)


def test_an_executive_is_offered_no_change(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))
    a_profile(a_tier(), champion=2)
    person = a_contact(an_account(tier_id=a_tier().id), verified_on=None)
    person_text, map_text = page_of(client, person), map_of(client, person.account)
    assert "/edit" not in person_text
    assert "I confirmed this today" not in person_text
    assert "people/new" not in map_text
    assert "1 empty seat" in map_text


def test_a_person_nobody_asked_and_nobody_knows_says_so(client: CheckingClient, csm: User) -> None:
    text = page_of(client, a_contact(mine(csm), verified_on=None))
    assert "Never asked" in text
    assert "Not assessed yet" in text
    assert "In doubt" in text
    assert "nobody has made sure yet that they are there" in text


def test_what_they_said_stands_beside_what_we_think(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm))
    a_response(
        an_invitation(a_wave(csm, launched_at=NOW - timedelta(9)), ana),
        rating=3,
        comment="Slow.",
        answered_at=NOW - timedelta(3),
    )
    save(
        Assessment(
            account_id=ana.account_id, contact_id=ana.id, author_id=csm.id, ratings={"attitude": 5}, at=NOW
        )
    )
    text = page_of(client, ana)
    assert "Detractor" in text
    assert "Slow." in text
    assert "Speaks for us" in text


def test_what_speaks_against_somebody_says_since_when_and_where(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm), verified_on=None)
    told(ana, "confirmed", days_ago=20, source="csm")
    told(ana, "said_left", days_ago=5, source="crm")
    assert "Since Mar 6, 2026: said to have left, in the CRM" in page_of(client, ana)


def test_what_was_taken_back_speaks_against_nobody(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm))
    told(ana, "confirmed", days_ago=20, source="csm")
    told(ana, "said_left", days_ago=5, undone_at=NOW)
    assert "confirmed, noted here" in page_of(client, ana)


def test_evidence_that_changed_something_can_be_taken_back(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm))
    word = told(ana, "bounced", effect={"status": ["active", "bounced"]})
    assert f"/evidence/{word.id}/undo" in page_of(client, ana)


def test_an_open_suggestion_waits_on_the_page(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm), last_name="Silva")
    save(
        Suggestion(
            key="left", account_id=ana.account_id, contact_id=ana.id, kind="left", values={}, source="mail",
            source_id=1,
        )
    )  # fmt: skip
    assert "Has Ana Silva left?" in page_of(client, ana)


def test_boss_and_reports_are_linked(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    boss = a_contact(account, first_name="Bo", last_name="Berg")
    ana = a_contact(account, reports_to_id=boss.id)
    report = a_contact(account, first_name="Ren", last_name="Ito", reports_to_id=ana.id)
    text = page_of(client, ana)
    assert f"/people/{boss.id}" in text
    assert f"/people/{report.id}" in text


def test_the_same_address_elsewhere_is_shown_where_the_reader_may_see_it(
    client: CheckingClient, csm: User
) -> None:
    ana = a_contact(mine(csm), email="ana@group.example")
    a_contact(mine(csm, name="Sister"), email="ana@group.example")
    a_contact(an_account(name="Hidden", owner_id=a_user().id), email="ana@group.example")
    text = page_of(client, ana)
    assert ("Sister" in text, "Hidden" in text) == (True, False)


def test_somebody_who_may_be_the_same_person_is_pointed_at(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    ana = a_contact(account, first_name="Ana", last_name="Silva")
    twin = a_contact(account, first_name="Ana", last_name="Silva")
    assert f"/people/{ana.id}/merge/{twin.id}" in page_of(client, ana)


def test_a_note_is_told_on_the_page(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm))
    save(Note(account_id=ana.account_id, contact_id=ana.id, author_id=csm.id, text="Likes charts.", at=NOW))
    assert "Likes charts." in page_of(client, ana)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "محمد عبد الرحمن الفارسي",
        "山田 太郎 様",
        "X" * 90,
        "A " * 45,
        "e\u0301" * 40,
    ],
)
def test_names_of_any_script_and_length_are_drawn(client: CheckingClient, csm: User, name: str) -> None:
    person = a_contact(mine(csm), first_name="", last_name=name.strip()[:120])
    assert "v-map-card" in map_of(client, person.account)
    assert page_of(client, person)


def test_the_map_reads_in_one_sentence(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    a_contact(account, personas=("decision_maker",), first_name="Ken", last_name="Ito")
    a_contact(account)
    text = map_of(client, account)
    assert "2 people are known: 2 not heard from in a year. Nobody we know reports to Ken Ito" in text


def test_a_map_of_nobody_says_what_to_do(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    assert "Add the people you talk to, and say who reports to whom." in map_of(client, account)


def test_an_empty_seat_stands_on_the_map_and_offers_the_next_step(client: CheckingClient, csm: User) -> None:
    a_profile(a_tier(), decision_maker=1, champion=1)
    account = mine(csm, tier_id=a_tier().id)
    a_contact(account)
    text = map_of(client, account)
    assert f"/accounts/{account.id}/people/new?persona=decision_maker" in text
    assert "Decision maker: 1 empty seat" in text


def test_every_card_says_all_it_shows(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    boss = a_contact(account, first_name="Bo", last_name="Berg")
    ana = a_contact(
        account, last_name="Silva", title="CTO", influence="high", reports_to_id=boss.id, verified_on=None
    )
    a_response(
        an_invitation(a_wave(csm, launched_at=NOW - timedelta(9)), ana),
        rating=9,
        answered_at=NOW - timedelta(3),
    )
    said = "Ana Silva; CTO; Champion; promoter · 3 days ago; high influence; reports to Bo Berg; in doubt"
    assert f'aria-label="{said}"' in map_of(client, account)


def test_a_shared_mailbox_is_no_person_on_the_map(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    a_contact(account, last_name="Silva")
    a_contact(account, first_name="", last_name="", email="info@c.example", is_role_address=True)
    picture = map_of(client, account).split('id="people-table"')[0]
    assert "info@c.example" not in picture


def test_whoever_left_is_drawn_gone_on_their_line(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    boss = a_contact(account, status="left")
    a_contact(account, reports_to_id=boss.id)
    assert "v-map-card--gone" in map_of(client, account)


def test_a_silence_and_its_length_stand_on_the_page(client: CheckingClient, csm: User) -> None:
    ana = a_contact(mine(csm))
    for days in (60, 30):
        wave = a_wave(
            csm, launched_at=NOW - timedelta(days), closed_at=NOW - timedelta(days - 10), state="closed"
        )
        an_invitation(wave, ana, state=InvitationState.SILENT, settled_at=NOW - timedelta(days - 10))
    text = page_of(client, ana)
    assert "silent in 2 waves in a row" in text
    assert text.count("v-mark--silent") == 2


@pytest.mark.parametrize(
    "query", ["?show=answers", "?show=nonsense", "?before=nonsense", "?before=9-9-9", "?show=people"]
)
def test_a_story_answers_any_address(client: CheckingClient, csm: User, query: str) -> None:
    ana = a_contact(mine(csm))
    assert client.get(f"/people/{ana.id}/timeline{query}").status_code == 200
    assert client.get(f"/accounts/{ana.account_id}/timeline{query}").status_code == 200


def test_a_long_story_leads_further_back(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    for number in range(35):
        save(
            Note(account_id=account.id, author_id=csm.id, text=f"Note {number}.", at=NOW - timedelta(number))
        )
    first = text_of(client, f"/accounts/{account.id}/timeline")
    assert "Earlier" in first
    older = first.split('href="?before=')[1].split('"')[0]
    second = text_of(client, f"/accounts/{account.id}/timeline?before={older}")
    assert ("Note 34." in second, "Note 0." in second) == (True, False)


def test_a_record_that_became_part_of_another_leads_there(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    kept = a_contact(account, first_name="Ana", last_name="Silva")
    merged = a_contact(account, status="left", merged_into_id=kept.id)
    save(ContactMerge(account_id=account.id, kept_id=kept.id, merged_id=merged.id, by_id=csm.id, at=NOW))
    assert client.get(f"/people/{merged.id}").location == f"/people/{kept.id}"
    assert "was merged into this person" in page_of(client, kept)


def test_a_language_has_its_name(client: CheckingClient, csm: User) -> None:
    account = mine(csm)
    for code, name in (("pt", "Portuguese"), ("pt-BR", "Portuguese (Brazil)"), ("zz-unknown", "zz-unknown")):
        assert f"</dt><dd>{name}" in page_of(client, a_contact(account, language=code)).replace("> <", "><")
