"""The objects an org has from the start, as far as a customer relationship needs them."""

from typing import Any

from tests.salesforce_emulator.schema import Field, Kind, Schema

TIERS = ("Strategic", "Enterprise", "Mid-Market", "Small")
STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
ROLES = (
    "Business User",
    "Decision Maker",
    "Economic Buyer",
    "Economic Decision Maker",
    "Evaluator",
    "Executive Sponsor",
    "Influencer",
    "Technical Buyer",
    "Other",
)
CURRENCIES = ("USD", "EUR", "GBP", "JPY")


def text(name: str, length: int = 255, **more: Any) -> Field:
    """Return a text field."""
    return Field(name, "string", length=length, **more)


def choice(name: str, *choices: str, **more: Any) -> Field:
    """Return a picklist that takes other values too unless it is restricted."""
    return Field(name, "picklist", length=255, choices=choices, **more)


def link(name: str, *targets: str, **more: Any) -> Field:
    """Return a reference field; the relationship is called as the field without its Id."""
    relationship = name.replace("__c", "__r") if name.endswith("__c") else name.removesuffix("Id")
    values = {"length": 18, "refers_to": targets, "relationship": relationship} | more
    return Field(name, "reference", **values)


def flag(name: str, **more: Any) -> Field:
    """Return a checkbox."""
    return Field(name, "boolean", default=False, **more)


def number(name: str, kind: str = "double", precision: int = 18, scale: int = 0, **more: Any) -> Field:
    """Return a number field."""
    return Field(name, kind, precision=precision, scale=scale, **more)


def fixed(one: Field) -> Field:
    """Return a field that nobody writes through the API."""
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return Field(**values | {"is_createable": False, "is_updateable": False})


def system_fields(kind: Kind, *, has_owner: bool = True) -> None:
    """Add what every object has."""
    kind.add(
        fixed(Field("Id", "id", length=18)),
        fixed(flag("IsDeleted")),
        fixed(Field("CreatedDate", "datetime")),
        fixed(link("CreatedById", "User")),
        fixed(Field("LastModifiedDate", "datetime")),
        fixed(link("LastModifiedById", "User")),
        fixed(Field("SystemModstamp", "datetime")),
    )
    if kind.can_merge:
        kind.add(fixed(link("MasterRecordId", kind.name)))
    if has_owner and kind.get("OwnerId") is None:
        kind.add(link("OwnerId", "User"))


def make(name: str, prefix: str, *fields: Field, has_owner: bool = True, **more: Any) -> Kind:
    """Return an object with these and the fields every object has."""
    kind = Kind(name, prefix, **more)
    system_fields(kind, has_owner=has_owner)
    kind.add(*fields)
    return kind


def _account() -> Kind:
    return make(
        "Account",
        "001",
        text("Name", is_required=True, label="Account Name"),
        choice("Type", "Customer", "Prospect", "Partner", "Former Customer", "Other"),
        choice("Industry", "Manufacturing", "Finance", "Healthcare", "Retail", "Technology", "Other"),
        text("BillingCountry", 80, label="Billing Country"),
        text("BillingCity", 40, label="Billing City"),
        Field("Phone", "phone", label="Account Phone", length=40),
        Field("Website", "url", length=255),
        number("AnnualRevenue", "currency", label="Annual Revenue"),
        number("NumberOfEmployees", "int", 8, label="Employees"),
        link("ParentId", "Account"),
        text("AccountNumber", 40, label="Account Number"),
        Field("Description", "textarea", length=32000, is_filterable=False),
        link("RecordTypeId", "RecordType"),
        choice("Tier__c", *TIERS, label="Tier"),
        number("ARR__c", "currency", 18, 2, label="ARR"),
        Field("Renewal_Date__c", "date", label="Renewal Date"),
        choice("Region__c", "Americas", "EMEA", "APAC", label="Region"),
        choice("Segment__c", "Enterprise", "Commercial", "Public", label="Segment"),
        plural="Accounts",
        can_merge=True,
    )


def _contact() -> Kind:
    return make(
        "Contact",
        "003",
        link("AccountId", "Account", on_delete="cascade"),
        text("FirstName", 40, label="First Name"),
        text("LastName", 80, is_required=True, label="Last Name"),
        fixed(text("Name", 121, label="Full Name")),
        Field("Email", "email", length=80),
        Field("Phone", "phone", length=40, label="Business Phone"),
        Field("MobilePhone", "phone", length=40, label="Mobile Phone"),
        text("Title", 128),
        text("Department", 80),
        link("ReportsToId", "Contact"),
        flag("HasOptedOutOfEmail", label="Email Opt Out"),
        Field("Description", "textarea", length=32000, is_filterable=False),
        choice("Language__c", "en", "de", "fr", "es", "pt", "ja", "ar", "pl", label="Language"),
        choice("Role__c", *ROLES, label="Role"),
        flag("Left_Company__c", label="Left Company"),
        plural="Contacts",
        can_merge=True,
    )


def _opportunity() -> Kind:
    return make(
        "Opportunity",
        "006",
        link("AccountId", "Account", on_delete="cascade"),
        text("Name", 120, is_required=True, label="Opportunity Name"),
        choice("StageName", *STAGES, is_required=True, label="Stage"),
        number("Amount", "currency", 18, 2),
        Field("CloseDate", "date", is_required=True, label="Close Date"),
        fixed(flag("IsClosed", label="Closed")),
        fixed(flag("IsWon", label="Won")),
        choice("Type", "New Business", "Renewal", "Expansion", label="Opportunity Type"),
        plural="Opportunities",
    )


def _case() -> Kind:
    return make(
        "Case",
        "500",
        link("OwnerId", "Group", "User"),
        link("AccountId", "Account", on_delete="restrict"),
        link("ContactId", "Contact", on_delete="restrict"),
        fixed(text("CaseNumber", 30, label="Case Number")),
        text("Subject"),
        choice("Status", "New", "Working", "Escalated", "Closed", default="New"),
        choice("Priority", "High", "Medium", "Low", default="Medium"),
        fixed(flag("IsClosed", label="Closed")),
        flag("IsEscalated", label="Escalated"),
        fixed(Field("ClosedDate", "datetime", label="Closed Date")),
    )


def _small_kinds() -> list[Kind]:
    return [
        make(
            "User",
            "005",
            text("FirstName", 40, label="First Name"),
            text("LastName", 80, is_required=True, label="Last Name"),
            fixed(text("Name", 121, label="Full Name")),
            Field("Email", "email", length=128, is_required=True),
            text("Username", 80, is_required=True),
            Field("IsActive", "boolean", default=True, label="Active"),
            text("FederationIdentifier", 512, label="SAML Federation ID"),
            text("Title", 80),
            Field("Phone", "phone", length=40),
            has_owner=False,
            is_deletable=False,
        ),
        make(
            "Group",
            "00G",
            text("Name", 40, is_required=True),
            choice("Type", "Queue", "Regular"),
            has_owner=False,
        ),
        make(
            "RecordType",
            "012",
            text("Name", 80, is_required=True),
            text("DeveloperName", 80, is_required=True),
            text("SobjectType", 40, is_required=True),
            Field("IsActive", "boolean", default=True),
            has_owner=False,
        ),
        make(
            "Organization",
            "00D",
            text("Name", 80),
            fixed(flag("IsSandbox")),
            fixed(text("OrganizationType", 40)),
            fixed(text("InstanceName", 5)),
            has_owner=False,
            is_createable=False,
            is_deletable=False,
        ),
        make(
            "Task",
            "00T",
            link("WhoId", "Contact"),
            link("WhatId", "Account", "Opportunity", "Case"),
            link("OwnerId", "Group", "User"),
            text("Subject"),
            Field("Description", "textarea", length=32000, is_filterable=False),
            choice(
                "Status", "Not Started", "In Progress", "Completed", default="Not Started", is_required=True
            ),
            choice("Priority", "High", "Normal", "Low", default="Normal", is_required=True),
            Field("ActivityDate", "date", label="Due Date Only"),
            fixed(flag("IsClosed", label="Closed")),
        ),
        make(
            "OpportunityContactRole",
            "00K",
            link("OpportunityId", "Opportunity", is_required=True, on_delete="cascade"),
            link("ContactId", "Contact", is_required=True, on_delete="cascade"),
            choice("Role", *ROLES),
            flag("IsPrimary", label="Primary"),
            label="Opportunity Contact Role",
            has_owner=False,
        ),
    ]


def _with_currencies(schema: Schema) -> None:
    for name in ("Account", "Contact", "Opportunity", "User"):
        kind = schema.get(name)
        assert kind is not None
        kind.add(
            choice(
                "CurrencyIsoCode", *CURRENCIES, label="Currency", default=CURRENCIES[0], is_restricted=True
            )
        )


def _with_persons(schema: Schema) -> None:
    account, contact = schema.get("Account"), schema.get("Contact")
    assert account is not None
    assert contact is not None
    account.add(
        fixed(flag("IsPersonAccount", label="Is Person Account")),
        fixed(link("PersonContactId", "Contact", relationship="PersonContact")),
        text("FirstName", 40, label="First Name"),
        text("LastName", 80, label="Last Name"),
        Field("PersonEmail", "email", length=80, label="Email"),
        Field("PersonMobilePhone", "phone", length=40, label="Mobile"),
        text("PersonTitle", 80, label="Title"),
        flag("PersonHasOptedOutOfEmail", label="Email Opt Out"),
    )
    contact.add(fixed(flag("IsPersonAccount", label="Is Person Account")))


def standard_schema(*, has_currencies: bool = False, has_person_accounts: bool = False) -> Schema:
    """Return the schema of an org as it comes."""
    schema = Schema()
    for kind in (*_small_kinds(), _account(), _contact(), _opportunity(), _case()):
        schema.add(kind)
    if has_currencies:
        _with_currencies(schema)
    if has_person_accounts:
        _with_persons(schema)
    return schema
