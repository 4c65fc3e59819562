"""Opportunities, cases, users and roles: what only comes in."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from tests.builders import a_persona, a_tier, a_user
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, contact_of, link_of, run
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind
from vocapp.identity.rules import RoleName
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.signals.queries import open_cases
from vocapp.sync.models import CrmLink, CrmMapping, CrmRefusal
from vocapp.sync.rules import LinkState, RunState
from vocapp.sync.service import change_mapping, choose_user


def a_mapping(connection_id: int, entity: str) -> CrmMapping:
    return db.session.scalars(
        select(CrmMapping).where(CrmMapping.connection_id == connection_id, CrmMapping.entity == entity)
    ).one()


def give_rules(connection_id: int, entity: str, *rules: tuple[str, str, str, str]) -> None:
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        change_mapping(
            a_mapping(connection_id, entity),
            is_active=True,
            creates=True,
            filter_="",
            match_field="",
            value_rules=[
                {"target": target, "field": field, "equals": equals, "gives": gives}
                for target, field, equals, gives in rules
            ],
            by=administrator,
        )


def test_a_lost_renewal_is_an_outcome_and_an_open_one_the_renewal_date(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    salesforce.insert(
        "Opportunity", AccountId=acme, Name="2025", StageName="Closed Lost", Type="Renewal", Amount=100,
        CloseDate="2025-05-01",     )  # fmt: skip
    salesforce.insert(
        "Opportunity", AccountId=acme, Name="2027", StageName="Prospecting", Type="Renewal", Amount=100,
        CloseDate="2027-05-01",     )  # fmt: skip
    done = run(connection_id, org=salesforce)
    assert (done.state, done.report["created"]["Opportunity"]) == (RunState.DONE, 2)
    outcome = db.session.scalars(select(RenewalOutcome)).one()
    assert (outcome.renewal_date, outcome.outcome) == (date(2025, 5, 1), "churned")


def test_a_reopened_renewal_takes_its_outcome_back(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    lost = salesforce.insert(
        "Opportunity", AccountId=acme, Name="2025", StageName="Closed Lost", Type="Renewal", Amount=100,
        CloseDate="2025-05-01",     )  # fmt: skip
    run(connection_id, org=salesforce)
    salesforce.update(lost, StageName="Prospecting")
    run(connection_id, org=salesforce)
    assert db.session.scalars(select(RenewalOutcome)).all() == []


def test_a_deleted_opportunity_counts_no_more(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    lost = salesforce.insert(
        "Opportunity", AccountId=acme, Name="2025", StageName="Closed Lost", Type="Renewal", Amount=100,
        CloseDate="2025-05-01",     )  # fmt: skip
    run(connection_id, org=salesforce)
    salesforce.delete(lost)
    run(connection_id, org=salesforce)
    assert db.session.scalars(select(Opportunity)).one().is_deleted
    assert db.session.scalars(select(RenewalOutcome)).all() == []


def test_cases_are_events_with_their_age(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    first = salesforce.insert("Case", AccountId=acme, Subject="Down", Status="New", IsEscalated=True)
    salesforce.insert("Case", AccountId=acme, Subject="Slow", Status="New", IsEscalated=False)
    run(connection_id, org=salesforce)
    account = account_of(acme)
    load = open_cases([account.id], now=utcnow())[account.id]
    assert (load.open, load.escalated) == (2, 1)
    salesforce.update(first, Status="Closed")
    run(connection_id, org=salesforce)
    load = open_cases([account.id], now=utcnow())[account.id]
    assert (load.open, load.escalated) == (1, 0)


def test_what_belongs_to_nobody_here_waits_and_comes_in_with_its_account(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    case = salesforce.insert("Case", AccountId=acme, Subject="Down", Status="New")
    salesforce.hide_row(acme)
    run(connection_id, org=salesforce)
    assert {link_of(one).state for one in (ken, case)} == {LinkState.WAITING}
    salesforce.show_row(acme)
    run(connection_id, org=salesforce)
    assert contact_of(ken).account_id == account_of(acme).id
    assert link_of(case).state == LinkState.LINKED
    assert open_cases([account_of(acme).id], now=utcnow())[account_of(acme).id].open == 1


def test_owners_are_our_users_by_address_and_by_hand(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    ana, bo = a_user(email="ana@vendor.example"), a_user()
    theirs_ana = salesforce.insert(
        "User", LastName="Ana", Email="Ana@Vendor.example", Username="ana@x", IsActive=True
    )
    theirs_bo = salesforce.insert(
        "User", LastName="Bo", Email="other@vendor.example", Username="bo@x", IsActive=True
    )
    one = salesforce.insert("Account", Name="One", OwnerId=theirs_ana)
    two = salesforce.insert("Account", Name="Two", OwnerId=theirs_bo)
    run(connection_id, org=salesforce)
    assert (account_of(one).owner_id, account_of(two).owner_id) == (ana.id, None)
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        choose_user(link_of(theirs_bo), bo.id, by=administrator)
    run(connection_id, org=salesforce)
    assert account_of(two).owner_id == bo.id


def test_tiers_and_personas_come_from_rules(connection_id: int, salesforce: SalesforceEmulator) -> None:
    a_tier("Tier 1"), a_tier("Tier 2", 2), a_persona("champion"), a_persona("decision_maker", 3.0)
    give_rules(
        connection_id,
        "account",
        ("tier", "Type", "Customer - Direct", "Tier 1"),
        ("tier", "Industry", "*", "Tier 2"),
    )
    give_rules(
        connection_id,
        "contact",
        ("personas", "Title", "CFO", "decision_maker"),
        ("personas", "ContactRole.Role", "Decision Maker", "decision_maker"),
        ("personas", "ContactRole.Role", "Evaluator", "champion"),
    )
    big = salesforce.insert("Account", Name="Big", Type="Customer - Direct", Industry="Retail")
    small = salesforce.insert("Account", Name="Small", Industry="Retail")
    ken = salesforce.insert("Contact", AccountId=big, LastName="Ken", Email="ken@big.example", Title="CFO")
    ida = salesforce.insert("Contact", AccountId=big, LastName="Ida", Email="ida@big.example")
    deal = salesforce.insert(
        "Opportunity", AccountId=big, Name="Deal", StageName="Prospecting", CloseDate="2027-01-01"
    )
    role = salesforce.insert("OpportunityContactRole", OpportunityId=deal, ContactId=ida, Role="Evaluator")
    run(connection_id, org=salesforce)
    assert (account_of(big).tier.name, account_of(small).tier.name) == ("Tier 1", "Tier 2")
    assert [one.key for one in contact_of(ken).personas] == ["decision_maker"]
    assert [one.key for one in contact_of(ida).personas] == ["champion"]
    salesforce.update(role, Role="Decision Maker")
    run(connection_id, org=salesforce)
    db.session.expire_all()
    assert [one.key for one in contact_of(ida).personas] == ["decision_maker"]


def test_an_unknown_tier_is_made_and_told(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme", Tier__c="Strategic", ARR__c=240000.5)
    done = run(connection_id, org=salesforce)
    assert (account_of(acme).tier.name, account_of(acme).arr) == ("Strategic", Decimal("240000.50"))
    assert done.report["notes"] == [
        "The tier Strategic is new; say under Settings whom its accounts should have."
    ]


def test_a_language_nobody_knows_is_told_and_the_person_comes_in_without(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = salesforce.insert(
        "Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example", Language__c="Klingon-ish"
    )
    done = run(connection_id, org=salesforce)
    assert (contact_of(ken).language, done.report["refusals"]) == ("", 1)
    refused = db.session.scalars(select(CrmRefusal)).one()
    assert (refused.fields, refused.message) == (["language"], "'Klingon-ish' is not a language we know.")


def test_a_field_of_the_account_and_not_its_opportunities_says_when_it_renews(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme", Renewal_Date__c="2027-06-30")
    salesforce.insert(
        "Opportunity", AccountId=acme, Name="2027", StageName="Prospecting", Type="Renewal",
        CloseDate="2027-05-01",
    )  # fmt: skip
    for _again in range(2):
        run(connection_id, org=salesforce)
        assert account_of(acme).renewal_date == date(2027, 6, 30)


def test_an_address_changed_over_there_is_evidence(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    salesforce.update(ken, Email="k.mori@acme.example")
    run(connection_id, org=salesforce)
    assert contact_of(ken).email == "k.mori@acme.example"
    assert db.session.scalars(select(Evidence)).one().kind == EvidenceKind.CHANGED_ELSEWHERE


def test_somebody_marked_as_left_over_there_is_told_once(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    salesforce.update(ken, Left_Company__c=True)
    for _again in range(3):
        run(connection_id, org=salesforce)
    assert db.session.scalars(select(Evidence)).one().kind == EvidenceKind.SAID_LEFT
    salesforce.update(ken, Left_Company__c=False)
    run(connection_id, org=salesforce)
    assert db.session.scalars(select(Evidence)).one().undone_at is not None


def test_people_without_an_address_are_listed_with_the_reason(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken")
    alone = salesforce.insert("Contact", LastName="Alone", Email="alone@x.example")
    run(connection_id, org=salesforce)
    assert (link_of(ken).state, link_of(ken).reason) == (
        LinkState.UNMATCHED,
        "There is no e-mail address, so nobody could be asked.",
    )
    assert link_of(alone).state == LinkState.WAITING
    salesforce.update(ken, Email="ken@acme.example")
    run(connection_id, org=salesforce)
    assert contact_of(ken).last_name == "Ken"
    assert db.session.scalars(select(CrmLink).where(CrmLink.object == "Contact")).all()
