"""Who wins when both sides hold a field, over real HTTP."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import a_user
from tests.salesforce_emulator.org import EDITING_USER, INTEGRATION_USER
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, change, connection_of, contact_of, link_of, run, set_field
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.outbox.queries import is_suppressed
from vocapp.sync.comparing import read_moment
from vocapp.sync.deciding import Decision, decide
from vocapp.sync.models import CrmConflict, CrmRefusal
from vocapp.sync.rules import Direction, Owner, RunKind, RunState


@pytest.fixture
def ken(connection_id: int, salesforce: SalesforceEmulator) -> str:
    """Somebody both sides know and agree about."""
    acme = salesforce.insert("Account", Name="Acme")
    person = salesforce.insert(
        "Contact", AccountId=acme, FirstName="Ken", LastName="Mori", Email="ken@acme.example", Title="COO"
    )
    run(connection_id, org=salesforce)
    salesforce.advance(1200)
    run(connection_id, org=salesforce)
    return person


def conflicts() -> list[CrmConflict]:
    return list(db.session.scalars(select(CrmConflict).where(CrmConflict.decided_at.is_(None))))


def test_a_field_only_we_changed_goes_over(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), phone="+81 3")
    run(connection_id, org=salesforce)
    assert salesforce.get(ken)["Phone"] == "+81 3"


def test_only_the_changed_field_is_written(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    run(connection_id, org=salesforce)
    salesforce.clear_log()
    change(contact_of(ken), phone="+81 3")
    run(connection_id, org=salesforce)
    (sent,) = salesforce.requests("PATCH")
    (record,) = json.loads(sent["body"])["records"]
    assert record.keys() - {"attributes", "id", "Id"} == {"Phone"}


def test_a_field_only_they_changed_comes_in(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    salesforce.update(ken, Title="CEO")
    run(connection_id, org=salesforce)
    assert contact_of(ken).title == "CEO"


def test_the_owner_salesforce_wins_when_both_changed(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), last_name="Mori-Ours")
    salesforce.update(ken, LastName="Mori-Theirs")
    run(connection_id, org=salesforce)
    assert contact_of(ken).last_name == salesforce.get(ken)["LastName"] == "Mori-Theirs"


def test_the_owner_vocapp_wins_when_both_changed(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    set_field(connection_id, "contact", "title", owner=Owner.VOCAPP)
    change(contact_of(ken), title="Ours")
    salesforce.update(ken, Title="Theirs")
    run(connection_id, org=salesforce)
    assert contact_of(ken).title == salesforce.get(ken)["Title"] == "Ours"


@pytest.mark.parametrize(("later", "winner"), [("ours", "Ours"), ("theirs", "Theirs")])
def test_the_newest_change_wins(
    connection_id: int, salesforce: SalesforceEmulator, ken: str, later: str, winner: str
) -> None:
    salesforce.update(ken, Title="Theirs")
    stamp = salesforce.get(ken)["LastModifiedDate"]
    shift = timedelta(minutes=5) if later == "ours" else timedelta(minutes=-5)
    change(contact_of(ken), title="Ours", changed_at=read_moment(stamp) + shift)
    run(connection_id, org=salesforce)
    assert contact_of(ken).title == salesforce.get(ken)["Title"] == winner


def test_a_blank_over_there_is_filled_and_a_value_kept(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    set_field(connection_id, "contact", "phone", owner=Owner.FILL_BLANK)
    set_field(connection_id, "contact", "title", owner=Owner.FILL_BLANK)
    change(contact_of(ken), phone="+81 3", title="Ours")
    run(connection_id, org=salesforce)
    there = salesforce.get(ken)
    assert (there["Phone"], there["Title"]) == ("+81 3", "COO")


def test_a_blank_empties_nothing_unless_told(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), title="")
    run(connection_id, org=salesforce)
    assert salesforce.get(ken)["Title"] == "COO"
    set_field(connection_id, "contact", "title", carries_blank=True)
    run(connection_id, org=salesforce)
    assert salesforce.get(ken).get("Title") is None


def test_an_address_both_changed_waits_for_a_person(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), email="ours@acme.example", email_key="ours@acme.example")
    salesforce.update(ken, Email="theirs@acme.example")
    run(connection_id, org=salesforce)
    (waiting,) = conflicts()
    assert (waiting.ours["value"], waiting.theirs["value"]) == ("ours@acme.example", "theirs@acme.example")
    assert contact_of(ken).email == "ours@acme.example"
    assert salesforce.get(ken)["Email"] == "theirs@acme.example"
    run(connection_id, org=salesforce)
    assert len(conflicts()) == 1


def test_a_conflict_names_who_changed_the_field_and_counts_once(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), email="ours@acme.example", email_key="ours@acme.example", phone="+81 3")
    salesforce.update(ken, Email="theirs@acme.example")
    both = run(connection_id, org=salesforce)
    (waiting,) = conflicts()
    assert (both.report["conflicts"], waiting.theirs_by) == (1, EDITING_USER)
    assert salesforce.get(ken)["LastModifiedById"] == INTEGRATION_USER
    run(connection_id, org=salesforce)
    assert [one.theirs_by for one in conflicts()] == [EDITING_USER]


@pytest.mark.parametrize(
    ("decision", "here", "there"),
    [
        (Decision.THEIRS, "theirs@acme.example", "theirs@acme.example"),
        (Decision.OURS, "ours@acme.example", "ours@acme.example"),
        (Decision.NEITHER, "ours@acme.example", "theirs@acme.example"),
    ],
)
def test_a_decision_holds(
    connection_id: int, salesforce: SalesforceEmulator, ken: str, decision: Decision, here: str, there: str
) -> None:
    change(contact_of(ken), email="ours@acme.example", email_key="ours@acme.example")
    salesforce.update(ken, Email="theirs@acme.example")
    run(connection_id, org=salesforce)
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        assert decide(conflicts(), decision, by=administrator, now=utcnow()) == []
    for _again in range(2):
        run(connection_id, org=salesforce)
        assert (contact_of(ken).email, salesforce.get(ken)["Email"]) == (here, there)
    assert conflicts() == []


def test_a_conflict_that_settles_itself_closes(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), email="ours@acme.example", email_key="ours@acme.example")
    salesforce.update(ken, Email="theirs@acme.example")
    run(connection_id, org=salesforce)
    salesforce.update(ken, Email="ours@acme.example")
    run(connection_id, org=salesforce)
    assert conflicts() == []


def test_an_opt_out_over_there_is_one_here_and_is_never_lifted(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    salesforce.update(ken, HasOptedOutOfEmail=True)
    run(connection_id, org=salesforce)
    assert contact_of(ken).status == ContactStatus.OPTED_OUT
    assert is_suppressed("ken@acme.example")
    assert salesforce.get(ken)["VOC_Survey_Opt_Out__c"] is True
    salesforce.update(ken, HasOptedOutOfEmail=False, VOC_Survey_Opt_Out__c=False)
    run(connection_id, org=salesforce)
    assert contact_of(ken).status == ContactStatus.OPTED_OUT
    assert salesforce.get(ken)["VOC_Survey_Opt_Out__c"] is True


def test_undoing_a_push_takes_no_opt_out_back(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), status=ContactStatus.OPTED_OUT)
    run(connection_id, org=salesforce)
    run(connection_id, RunKind.UNDO, org=salesforce)
    there = salesforce.get(ken)
    assert (there["VOC_Survey_Opt_Out__c"], there["VOC_Status__c"]) == (True, "Active")


def test_an_opt_out_here_goes_over(connection_id: int, salesforce: SalesforceEmulator, ken: str) -> None:
    change(contact_of(ken), status=ContactStatus.OPTED_OUT)
    run(connection_id, org=salesforce)
    there = salesforce.get(ken)
    assert (there["VOC_Survey_Opt_Out__c"], there["VOC_Status__c"]) == (True, "Opted out")
    assert there["HasOptedOutOfEmail"] is False


def test_what_theirs_owns_and_only_comes_in_is_taken_back_here(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    account = account_of(link_of(ken).theirs["AccountId"])
    change(account, name="Renamed here")
    run(connection_id, org=salesforce)
    assert account_of(link_of(ken).theirs["AccountId"]).name == "Acme"


def test_a_score_somebody_overwrites_over_there_is_written_again(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    salesforce.update(ken, VOC_Status__c="Left")
    run(connection_id, org=salesforce)
    assert salesforce.get(ken)["VOC_Status__c"] == "Active"


def test_an_address_of_somebody_else_at_the_account_is_refused_and_the_rest_comes_in(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    acme = link_of(ken).theirs["AccountId"]
    salesforce.insert("Contact", AccountId=acme, LastName="Ida", Email="ida@acme.example")
    run(connection_id, org=salesforce)
    salesforce.update(ken, Email="ida@acme.example", Title="CEO")
    run(connection_id, RunKind.PULL, org=salesforce)
    assert (contact_of(ken).email, contact_of(ken).title) == ("ken@acme.example", "CEO")
    refused = db.session.scalars(select(CrmRefusal)).one()
    assert (refused.fields, refused.resolved_at) == (["email"], None)
    salesforce.update(ken, Email="ken2@acme.example")
    run(connection_id, org=salesforce)
    db.session.refresh(refused)
    assert (contact_of(ken).email, refused.resolution) == ("ken2@acme.example", "went_through")


def test_what_somebody_there_made_of_our_value_is_no_echo_though_we_wrote_last(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), title="Ours")
    for _again in range(2):
        run(connection_id, org=salesforce)
    salesforce.update(ken, Title="Theirs")
    salesforce.update(ken, by=connection_of(connection_id).user_id, Phone="1")
    run(connection_id, org=salesforce)
    assert contact_of(ken).title == "Theirs"
    change(contact_of(ken), title="Ours")
    run(connection_id, org=salesforce)
    assert salesforce.get(ken)["Title"] == "Ours"


def test_what_they_make_of_a_value_is_not_written_again_and_again(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    set_field(connection_id, "contact", "phone", direction=Direction.OUT, owner=Owner.VOCAPP)
    change(contact_of(ken), phone="+81 3")
    run(connection_id, org=salesforce)
    # A rule over there rewrites it in the same moment, so that it looks like our own change.
    salesforce.update(ken, by=connection_of(connection_id).user_id, Phone="81-3")
    run(connection_id, org=salesforce)
    again = run(connection_id, org=salesforce)
    assert again.report["written"] == {}
    assert again.state == RunState.DONE
    assert salesforce.get(ken)["Phone"] == "81-3"
