"""Conflicts, refusals and records without a match: deciding one by one and many at once."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import NOW, a_company, a_contact, a_user, an_account, save
from tests.conftest import CheckingClient
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, run, set_field
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.sync.models import CrmConflict, CrmLink, CrmPush, CrmRefusal
from vocapp.sync.refusal_words import CURES
from vocapp.sync.rules import Direction, Owner
from vocapp.sync.service import connect

HOME = "/settings/connections"
NOTHING: dict[str, Any] = {"theirs": {}, "agreed": {}, "ours": {}, "wrote": {}, "held": {}}


@pytest.fixture
def administrator(app: Flask, client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


@pytest.fixture
def resting_id(app: Flask) -> int:
    """A connection that never reached anything."""
    with transaction():
        made = connect("salesforce", name="Acme", access={}, secret_values={}, by=None)
        made.address = "https://acme.my.salesforce.com"
        return made.id


def a_link(connection_id: int, number: int = 1, **values: Any) -> CrmLink:
    defaults = {
        "object": "Account",
        "remote_id": f"001{number:015d}",
        "entity": "account",
        "state": "linked",
        **NOTHING,
    }
    return save(CrmLink(connection_id=connection_id, **{**defaults, **values}))


def a_conflict(connection_id: int, number: int = 1, **values: Any) -> CrmConflict:
    account = an_account(name="Globex", industry="Ours")
    field = values.get("ours_field", "industry")
    link = a_link(connection_id, number, local_id=account.id, theirs={"Industry": "Theirs"})
    defaults = {
        "ours_field": field,
        "theirs_field": "Industry",
        "base": {"value": "Base"},
        "ours": {"value": "Ours"},
        "theirs": {"value": "Theirs"},
        "theirs_by": "Erin Editor",
        "theirs_at": NOW,
    }
    return save(CrmConflict(connection_id=connection_id, link_id=link.id, **{**defaults, **values}))


def a_refusal(connection_id: int, number: int = 1, **values: Any) -> CrmRefusal:
    defaults = {
        "direction": "out",
        "object": "Contact",
        "key": f"003{number:015d}",
        "entity": "contact",
        "payload": {"Title": "=1+1"},
        "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "Titles need approval",
        "fields": ["Title"],
        "matches": [],
    }
    return save(CrmRefusal(connection_id=connection_id, **{**defaults, **values}))


def text_of(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def open_conflicts() -> int:
    return db.session.scalar(select(func.count()).where(CrmConflict.decided_at.is_(None))) or 0


def open_refusals() -> int:
    return db.session.scalar(select(func.count()).where(CrmRefusal.resolved_at.is_(None))) or 0


@pytest.mark.parametrize("name", ["conflicts", "refusals", "records"])
def test_an_empty_list_says_so(administrator: CheckingClient, resting_id: int, name: str) -> None:
    assert "v-empty-title" in text_of(administrator, f"{HOME}/{resting_id}/{name}")


def test_a_conflict_shows_both_values_who_and_the_base(
    administrator: CheckingClient, resting_id: int
) -> None:
    a_conflict(resting_id)
    page = text_of(administrator, f"{HOME}/{resting_id}/conflicts")
    for word in ("Globex", "Ours", "Theirs", "Base", "Erin Editor", "lightning/r/Account"):
        assert word in page


def test_a_conflict_shows_the_name_of_a_user_we_know_by_id(
    administrator: CheckingClient, resting_id: int
) -> None:
    user = a_link(resting_id, 2, object="User", entity="user", theirs={"Name": "Tom Becker"})
    a_conflict(resting_id, theirs_by=user.remote_id)
    assert "Tom Becker" in text_of(administrator, f"{HOME}/{resting_id}/conflicts")


@pytest.mark.parametrize(
    ("decision", "industry"), [("theirs", "Theirs"), ("ours", "Ours"), ("neither", "Ours")]
)
def test_a_ticked_conflict_is_decided(
    administrator: CheckingClient, resting_id: int, decision: str, industry: str
) -> None:
    conflict, other = a_conflict(resting_id), a_conflict(resting_id, 2)
    sent = {"id": conflict.id, "which": "ticked", "decision": decision}
    administrator.post(f"{HOME}/{resting_id}/conflicts", data=sent)
    assert (conflict.decision, other.decision) == (decision, None)
    assert account_of(conflict.link.remote_id).industry == industry


def test_the_whole_list_is_decided_as_it_is_filtered(administrator: CheckingClient, resting_id: int) -> None:
    meant, left = a_conflict(resting_id), a_conflict(resting_id, 2, ours_field="region")
    path = f"{HOME}/{resting_id}/conflicts?field=industry"
    administrator.post(path, data={"which": "all", "decision": "ours"})
    assert (meant.decision, left.decision) == ("ours", None)


def test_without_a_tick_nothing_is_decided(administrator: CheckingClient, resting_id: int) -> None:
    a_conflict(resting_id)
    sent = {"which": "ticked", "decision": "ours"}
    response = administrator.post(f"{HOME}/{resting_id}/conflicts", data=sent, follow_redirects=True)
    assert "Tick the rows you mean first" in response.get_data(as_text=True)
    assert open_conflicts() == 1


def test_conflicts_of_another_connection_are_not_touched(
    administrator: CheckingClient, resting_id: int
) -> None:
    with transaction():
        other_id = connect("salesforce", name="Other", access={}, secret_values={}, by=None).id
    conflict = a_conflict(other_id)
    administrator.post(f"{HOME}/{resting_id}/conflicts", data={"id": conflict.id, "decision": "ours"})
    assert open_conflicts() == 1


def test_what_could_not_be_done_is_told(administrator: CheckingClient, resting_id: int) -> None:
    conflict = a_conflict(resting_id)
    with transaction():
        conflict.link.local_id = None
    response = administrator.post(
        f"{HOME}/{resting_id}/conflicts",
        data={"id": conflict.id, "decision": "theirs"},
        follow_redirects=True,
    )
    page = response.get_data(as_text=True)
    assert "Nothing was decided" in page
    assert "is not linked any more" in page


def test_an_unknown_decision_is_refused(administrator: CheckingClient, resting_id: int) -> None:
    assert administrator.post(f"{HOME}/{resting_id}/conflicts", data={"decision": "x"}).status_code == 400


def test_ten_thousand_conflicts_are_paged(administrator: CheckingClient, resting_id: int) -> None:
    link = a_link(resting_id, local_id=an_account().id)
    row = {"value": "x"}
    with transaction():
        db.session.execute(
            CrmConflict.__table__.insert(),
            [
                {
                    "connection_id": resting_id, "link_id": link.id, "ours_field": f"f{number}",
                    "theirs_field": "F", "base": row, "ours": row, "theirs": row, "theirs_by": "",
                    "found_at": NOW,
                }
                for number in range(10_000)
            ],
        )  # fmt: skip
    page = text_of(administrator, f"{HOME}/{resting_id}/conflicts?page=200")
    assert "9,951 to 10,000 of 10,000" in page
    assert "500 at a time" in page


def test_a_conflict_from_a_run_is_decided_on_the_page(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    set_field(connection_id, "account", "industry", direction=Direction.BOTH, owner=Owner.MANUAL)
    key = salesforce.insert("Account", Name="Globex", Industry="Energy")
    run(connection_id, org=salesforce)
    salesforce.update(key, Industry="Water")
    with transaction():
        account_of(key).industry = "Fire"
    run(connection_id, org=salesforce)
    administrator.post(f"{HOME}/{connection_id}/conflicts", data={"which": "all", "decision": "ours"})
    run(connection_id, org=salesforce)
    found = salesforce.get(key)
    assert found is not None
    assert found["Industry"] == "Fire"


def test_a_refusal_says_what_it_means_and_what_to_do(administrator: CheckingClient, resting_id: int) -> None:
    a_refusal(resting_id, local_id=a_contact(last_name="Okafor").id)
    page = text_of(administrator, f"{HOME}/{resting_id}/refusals")
    for words in ("A validation rule of the organisation", "Titles need approval", "Okafor"):
        assert words in page


@pytest.mark.parametrize("code", [*CURES, "SOMETHING_NEW"])
def test_every_code_has_words(administrator: CheckingClient, resting_id: int, code: str) -> None:
    a_refusal(resting_id, code=code)
    assert code in text_of(administrator, f"{HOME}/{resting_id}/refusals")


def test_a_replayed_record_travels_again(administrator: CheckingClient, resting_id: int) -> None:
    refusal = a_refusal(resting_id)
    push = save(
        CrmPush(
            connection_id=resting_id, object="Contact", key=refusal.key, hash="h", entity="contact",
            local_id=1, operation="update", values={}, before={}, ours={}, state="refused", due_at=NOW,
        )
    )  # fmt: skip
    administrator.post(f"{HOME}/{resting_id}/refusals", data={"id": refusal.id, "act": "replay"})
    db.session.refresh(push)
    assert (refusal.resolution, push.state) == ("replayed", "waiting")


def test_all_refusals_of_a_code_are_set_aside(administrator: CheckingClient, resting_id: int) -> None:
    meant, left = a_refusal(resting_id), a_refusal(resting_id, 2, code="STRING_TOO_LONG")
    path = f"{HOME}/{resting_id}/refusals?code=FIELD_CUSTOM_VALIDATION_EXCEPTION"
    administrator.post(path, data={"which": "all", "act": "set_aside"})
    assert (meant.resolution, left.resolution) == ("set_aside", None)


def test_without_a_tick_nothing_is_replayed(administrator: CheckingClient, resting_id: int) -> None:
    a_refusal(resting_id)
    administrator.post(f"{HOME}/{resting_id}/refusals", data={"which": "ticked", "act": "replay"})
    assert open_refusals() == 1


def test_an_unknown_act_is_refused(administrator: CheckingClient, resting_id: int) -> None:
    assert administrator.post(f"{HOME}/{resting_id}/refusals", data={"act": "x"}).status_code == 400


def test_a_duplicate_is_linked_to_what_was_found(administrator: CheckingClient, resting_id: int) -> None:
    person, found = a_contact(), "003000000000099AAA"
    refusal = a_refusal(resting_id, code="DUPLICATES_DETECTED", matches=[found], local_id=person.id)
    path = f"{HOME}/{resting_id}/refusals/{refusal.id}/link"
    assert found in text_of(administrator, f"{HOME}/{resting_id}/refusals")
    administrator.post(path, data={"match": found})
    assert refusal.resolution == "linked"
    assert db.session.scalar(select(CrmLink.local_id).where(CrmLink.remote_id == found)) == person.id


def test_a_record_nobody_found_is_not_linked(administrator: CheckingClient, resting_id: int) -> None:
    refusal = a_refusal(resting_id, matches=["003000000000099AAA"], local_id=a_contact().id)
    path = f"{HOME}/{resting_id}/refusals/{refusal.id}/link"
    response = administrator.post(path, data={"match": "003000000000001AAA"}, follow_redirects=True)
    assert "none of the records that were found" in response.get_data(as_text=True)
    assert open_refusals() == 1


def test_a_refusal_of_another_connection_is_not_found(administrator: CheckingClient, resting_id: int) -> None:
    with transaction():
        other_id = connect("salesforce", name="Other", access={}, secret_values={}, by=None).id
    refusal = a_refusal(other_id)
    assert administrator.post(f"{HOME}/{resting_id}/refusals/{refusal.id}/link").status_code == 404


def test_the_csv_holds_every_refusal_and_no_formula(administrator: CheckingClient, resting_id: int) -> None:
    a_refusal(resting_id, key="=cmd()", payload={"Title": "boss"})
    text = administrator.get(f"{HOME}/{resting_id}/refusals.csv").get_data(as_text=True)
    assert "'=cmd()" in text
    assert "Titles need approval" in text


def test_records_are_counted_with_their_reasons(administrator: CheckingClient, resting_id: int) -> None:
    a_link(resting_id, 1, state="lost", reason="It was not there any more")
    a_link(resting_id, 2, state="waiting", theirs={"Name": "Initech"})
    a_link(resting_id, 3, state="linked")
    page = text_of(administrator, f"{HOME}/{resting_id}/records")
    assert "It was not there any more" in page
    assert "Initech" in page
    assert "1 to 2 of 2" in page


def test_records_are_filtered_by_state(administrator: CheckingClient, resting_id: int) -> None:
    a_link(resting_id, 1, state="lost")
    a_link(resting_id, 2, state="waiting", theirs={"Name": "Initech"})
    page = text_of(administrator, f"{HOME}/{resting_id}/records?state=lost&object=Account")
    assert "Initech" not in page


def test_accounts_and_people_open_in_the_other_system(administrator: CheckingClient, resting_id: int) -> None:
    person = a_contact()
    a_link(resting_id, local_id=person.account_id)
    a_link(resting_id, object="Contact", entity="contact", remote_id="003000000000007AAA", local_id=person.id)
    host = "https://acme.lightning.force.com/lightning/r"
    assert f"{host}/Account/001000000000000001/view" in text_of(
        administrator, f"/accounts/{person.account_id}"
    )
    assert f"{host}/Contact/003000000000007AAA/view" in text_of(administrator, f"/people/{person.id}")


def test_what_nobody_linked_opens_nowhere(administrator: CheckingClient, resting_id: int) -> None:
    assert "Opens in" not in text_of(administrator, f"/people/{a_contact().id}")
