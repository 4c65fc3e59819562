"""Scores, people and answers on their way over, and what comes in the way."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from tests.builders import a_response, a_user, an_invitation
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, change, connection_of, contact_of, link_of, run
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.relationship.models import AccountScore
from vocapp.sync import rules as sync_rules
from vocapp.sync.models import CrmJob, CrmLink, CrmPush, CrmRefusal
from vocapp.sync.replaying import link_to_match, replay
from vocapp.sync.rules import ContactsBack, LinkState, PushState, RunKind, RunState


def a_score(account: Account, *, strength: float = 72.4, status: str = "green") -> AccountScore:
    with transaction():
        old = db.session.scalars(
            select(AccountScore).where(AccountScore.account_id == account.id, AccountScore.is_latest)
        ).all()
        for score in old:
            db.session.delete(score)
        db.session.flush()
        score = AccountScore(
            account_id=account.id, as_of=utcnow().date(), strength=strength, engagement=0.5, sentiment=0.256,
            answers=7, status=status, measures={},
        )  # fmt: skip
        db.session.add(score)
    return score


def add_here(account: Account, last_name: str, **values: object) -> Contact:
    with transaction():
        email = f"{last_name.lower()}@acme.example"
        contact = Contact(account_id=account.id, last_name=last_name, email=email, email_key=email, **values)
        db.session.add(contact)
    return contact


@pytest.fixture
def acme(connection_id: int, salesforce: SalesforceEmulator) -> str:
    made = salesforce.insert("Account", Name="Acme")
    run(connection_id, org=salesforce)
    return made


def test_scores_stand_on_the_account(connection_id: int, salesforce: SalesforceEmulator, acme: str) -> None:
    a_score(account_of(acme))
    done = run(connection_id, org=salesforce)
    there = salesforce.get(acme)
    assert (there["VOC_Relationship_Score__c"], there["VOC_Relationship_Band__c"]) == (72, "green")
    assert (there["VOC_Engagement__c"], there["VOC_Sentiment__c"], there["VOC_Response_Count__c"]) == (
        50,
        25.6,
        7,
    )
    assert there["VOC_Profile_URL__c"].endswith(f"/accounts/{account_of(acme).id}")
    assert done.report["written"] == {"Account": 1}


def test_where_nothing_was_measured_nothing_is_written(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    assert salesforce.get(acme).get("VOC_Relationship_Score__c") is None


def test_somebody_new_goes_over_once(connection_id: int, salesforce: SalesforceEmulator, acme: str) -> None:
    person = add_here(account_of(acme), "Silva", first_name="Ana", title="CFO")
    run(connection_id, org=salesforce)
    run(connection_id, org=salesforce)
    (there,) = salesforce.rows("Contact")
    assert (there["LastName"], there["Title"], there["AccountId"]) == ("Silva", "CFO", acme)
    assert there["VOC_Person_Id__c"].endswith(f"-{person.id}")
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1
    assert link_of(there["Id"]).local_id == person.id


def test_a_connection_dropped_after_the_commit_makes_no_second_record(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    add_here(account_of(acme), "Silva")
    salesforce.add_fault(method="PATCH", path="composite/sobjects", drop="after", count=1)
    run(connection_id, org=salesforce)
    make_due()
    run(connection_id, org=salesforce)
    assert len(salesforce.rows("Contact")) == 1
    assert not db.session.scalars(select(CrmPush).where(CrmPush.state == PushState.SENDING)).all()


def make_due() -> None:
    """Let what waits for another try be due."""
    with transaction():
        db.session.execute(update(CrmPush).where(CrmPush.state == PushState.WAITING).values(due_at=utcnow()))


def test_a_duplicate_rule_holds_somebody_back_until_a_person_links_them(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    salesforce.add_duplicate_rule("Contact", "LastName")
    other = salesforce.insert("Account", Name="Other")
    there = salesforce.insert("Contact", AccountId=other, LastName="Silva", Phone="1")
    person = add_here(account_of(acme), "Silva")
    run(connection_id, RunKind.PUSH, org=salesforce)
    refused = db.session.scalars(select(CrmRefusal)).one()
    assert (refused.code, refused.matches) == ("DUPLICATES_DETECTED", [there])
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        link_to_match(refused, there, by=administrator, now=utcnow())
    run(connection_id, org=salesforce)
    assert len(salesforce.rows("Contact")) == 1
    assert link_of(there).local_id == person.id
    assert salesforce.get(there)["VOC_Person_Id__c"].endswith(f"-{person.id}")


def test_a_validation_rule_refuses_one_and_the_others_go_on(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    salesforce.add_rule(
        "Contact", "Titles must not shout.", lambda row, _before: row.get("Title") == "CEO!!", field="Title"
    )
    loud, calm = add_here(account_of(acme), "Loud", title="CEO!!"), add_here(account_of(acme), "Calm")
    done = run(connection_id, org=salesforce)
    assert [row["LastName"] for row in salesforce.rows("Contact")] == ["Calm"]
    refused = db.session.scalars(select(CrmRefusal)).one()
    assert (refused.code, refused.local_id) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", loud.id)
    assert "Titles must not shout." in refused.message
    assert done.report["refusals"] == 1
    again = run(connection_id, org=salesforce)
    assert again.report["refusals"] == 0
    change(loud, title="CEO")
    run(connection_id, org=salesforce)
    assert len(salesforce.rows("Contact")) == 2
    assert calm.id
    db.session.refresh(refused)
    assert refused.resolution == "went_through"


def test_a_replayed_refusal_is_sent_again(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    salesforce.add_rule("Contact", "Closed today.", lambda _row, _before: True)
    add_here(account_of(acme), "Silva")
    run(connection_id, org=salesforce)
    salesforce.clear_rules()
    refused = db.session.scalars(select(CrmRefusal)).all()
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        assert replay(refused, by=administrator, now=utcnow()) == 1
    run(connection_id, org=salesforce)
    assert len(salesforce.rows("Contact")) == 1


def test_what_could_not_come_in_does_not_stop_the_writing(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    people = [
        salesforce.insert(
            "Contact", LastName=f"Number {number}", AccountId=account, Email=f"{number}@a.example"
        )
        for number in range(25)
        for account in [salesforce.insert("Account", Name=f"Account {number}", Tier__c="No tier of ours")]
    ]
    done = run(connection_id, org=salesforce)
    assert done.state == RunState.DONE
    assert all((salesforce.get(one) or {})["VOC_Person_Id__c"] for one in people)


def test_a_locked_row_is_tried_again(connection_id: int, salesforce: SalesforceEmulator, acme: str) -> None:
    a_score(account_of(acme))
    salesforce.lock_row(acme, times=1)
    first = run(connection_id, org=salesforce)
    assert (first.state, first.report["refusals"]) == (RunState.DONE, 0)
    make_due()
    run(connection_id, org=salesforce)
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 72


def test_many_changes_go_as_one_bulk_job(
    connection_id: int, salesforce: SalesforceEmulator, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_rules, "BULK_FROM", 5)
    account = account_of(acme)
    for number in range(12):
        add_here(account, f"P{number}", title="l1\nl2 é")
    done = run(connection_id, org=salesforce)
    assert (done.state, done.reason) == (RunState.DONE, None)
    assert len(salesforce.rows("Contact")) == 12
    assert {row["VOC_Person_Id__c"] for row in salesforce.rows("Contact")} == {
        f"{connection_of(connection_id).person_prefix}-{person.id}"
        for person in db.session.scalars(select(Contact))
    }
    assert db.session.scalars(select(CrmJob)).one().finished_at is not None
    assert run(connection_id, org=salesforce).report["written"] == {}


def test_answers_go_over_as_records_of_their_own(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    invitation = an_invitation(contact=contact_of(ken))
    a_response(invitation, rating=9, comment="=Good, “really” 🎉")
    run(connection_id, org=salesforce)
    run(connection_id, org=salesforce)
    (there,) = salesforce.rows("VOC_Survey_Response__c")
    assert (there["Account__c"], there["Contact__c"], there["NPS__c"]) == (acme, ken, 9)
    assert there["Comment__c"] == "=Good, “really” 🎉"
    assert salesforce.get(ken)["VOC_Last_NPS__c"] == 9


def test_a_proposal_is_a_task_for_the_owner_and_made_once(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    with transaction():
        connection = connection_of(connection_id)
        connection.options = {**connection.options, "contacts_back": ContactsBack.PROPOSE}
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    change(contact_of(ken), phone="+81 3")
    add_here(account_of(acme), "Silva", first_name="Ana")
    for _again in range(3):
        run(connection_id, org=salesforce)
    tasks = sorted(salesforce.rows("Task"), key=lambda row: row["Subject"])
    assert len(tasks) == 2
    assert tasks[0]["Subject"].startswith("Check the details of Ken")
    assert "+81 3" in tasks[0]["Description"]
    assert (tasks[0]["WhoId"], tasks[0]["OwnerId"]) == (ken, salesforce.get(acme)["OwnerId"])
    assert tasks[1]["Subject"].startswith("New person: Ana Silva")
    assert salesforce.get(ken).get("Phone") is None
    assert len(salesforce.rows("Contact")) == 1


def test_the_last_push_is_undone_and_stays_undone(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    score = a_score(account_of(acme), strength=72)
    run(connection_id, org=salesforce)
    change(score, strength=30.0, status="red")
    run(connection_id, org=salesforce)
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 30
    undone = run(connection_id, RunKind.UNDO, org=salesforce)
    assert (undone.state, undone.reason) == (RunState.DONE, None)
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 72
    run(connection_id, org=salesforce)
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 72
    change(score, strength=31.0)
    run(connection_id, org=salesforce)
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 31


def test_undo_leaves_what_somebody_changed_since(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    score = a_score(account_of(acme), strength=72)
    run(connection_id, org=salesforce)
    change(score, strength=30.0, status="red")
    run(connection_id, org=salesforce)
    salesforce.update(acme, VOC_Relationship_Score__c=99)
    undone = run(connection_id, RunKind.UNDO, org=salesforce)
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 99
    assert salesforce.get(acme)["VOC_Relationship_Band__c"] == "green"
    assert any("was changed since" in note for note in undone.report["notes"])


def test_a_rehearsal_says_what_a_run_would_do_and_does_nothing(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    a_score(account_of(acme))
    change(account_of(acme), arr=Decimal("10.00"))
    salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    before = (dict(salesforce.get(acme)), db.session.scalar(select(func.count()).select_from(CrmLink)))
    salesforce.advance(180)
    salesforce.clear_log()
    done = run(connection_id, RunKind.REHEARSAL)
    assert done.state == RunState.DONE
    assert salesforce.requests("PATCH") == []
    assert (
        dict(salesforce.get(acme)),
        db.session.scalar(select(func.count()).select_from(CrmLink)),
    ) == before
    assert db.session.scalars(select(Contact)).all() == []
    assert db.session.scalars(select(CrmPush).where(CrmPush.state == PushState.WAITING)).all() == []
    found = {(one["direction"], one["theirs"], one["after"]) for one in done.report["changes"]}
    assert ("out", "VOC_Relationship_Score__c", 72) in found
    assert done.report["created"]["Contact"] == 1
    real = run(connection_id)
    for kind in ("written", "created", "changed"):
        assert {k: v for k, v in real.report[kind].items() if v} == {
            k: v for k, v in done.report[kind].items() if v and "over there" not in k
        }
    assert abs(done.report["planned_calls"] - real.report["calls"]) <= 5


def test_the_calls_of_the_day_stop_a_run_before_the_next_call(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    a_score(account_of(acme))
    salesforce.set_quota(used=12_100, most=15_000)
    salesforce.clear_log()
    done = run(connection_id, org=salesforce)
    assert done.state == RunState.STOPPED
    assert "calls of the day" in (done.reason or "")
    assert salesforce.requests("PATCH") == []


def test_a_field_hidden_from_us_rests_and_the_others_go_on(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    salesforce.hide_field("Account", "VOC_Engagement__c")
    a_score(account_of(acme))
    done = run(connection_id, org=salesforce)
    assert done.state == RunState.DONE
    assert salesforce.get(acme)["VOC_Relationship_Score__c"] == 72
    assert any(
        "VOC_Engagement__c" in note and "field-level security" in note for note in done.report["notes"]
    )


def test_a_record_deleted_over_there_is_not_made_again(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    change(contact_of(ken), phone="+81 3")
    salesforce.delete(ken)
    run(connection_id, RunKind.PUSH, org=salesforce)
    run(connection_id, org=salesforce)
    assert salesforce.rows("Contact") == []
    assert link_of(ken).state == LinkState.DELETED


def test_a_number_that_is_not_known_any_more_goes_empty_over_there(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    score = a_score(account_of(acme), strength=72)
    run(connection_id, org=salesforce)
    change(score, strength=None, status="grey")
    run(connection_id, org=salesforce)
    there = salesforce.get(acme)
    assert (there.get("VOC_Relationship_Score__c"), there["VOC_Relationship_Band__c"]) == (None, "grey")


def test_a_field_of_ours_changed_over_there_later_is_set_back_whoever_changed_it(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    a_score(account_of(acme), strength=72)
    for _again in range(2):
        run(connection_id, org=salesforce)
    salesforce.update(acme, by=connection_of(connection_id).user_id, VOC_Relationship_Band__c="red")
    run(connection_id, org=salesforce)
    assert salesforce.get(acme)["VOC_Relationship_Band__c"] == "green"
