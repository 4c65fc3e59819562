"""The mapping proposed for a new connection: what both sides have, as far as the other side shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.crm.records import ObjectInfo
from vocapp.sync.fields import FIELDS, Entity
from vocapp.sync.rules import Direction, Owner


@dataclass(frozen=True, slots=True)
class Proposal:
    """One field proposed: ours, theirs in the order of preference, which way, and whose value counts."""

    ours: str
    theirs: tuple[str, ...]
    direction: Direction
    owner: Owner | None = None


def _in(ours: str, *theirs: str, owner: Owner | None = None) -> Proposal:
    return Proposal(ours, theirs, Direction.IN, owner)


def _out(ours: str, *theirs: str) -> Proposal:
    return Proposal(ours, theirs, Direction.OUT, Owner.VOCAPP)


def _both(ours: str, *theirs: str, owner: Owner | None = None) -> Proposal:
    return Proposal(ours, theirs, Direction.BOTH, owner)


@dataclass(frozen=True, slots=True)
class ObjectProposal:
    """One kind of record proposed."""

    object: str
    entity: Entity
    fields: tuple[Proposal, ...]


SALESFORCE: tuple[ObjectProposal, ...] = (
    ObjectProposal(
        "User",
        Entity.USER,
        (
            _in("name", "Name"),
            _in("email", "Email"),
            _in("is_active", "IsActive"),
            _in("federation_id", "FederationIdentifier"),
        ),
    ),
    ObjectProposal(
        "Account",
        Entity.ACCOUNT,
        (
            _in("name", "Name"),
            _in("owner", "OwnerId"),
            _in("parent", "ParentId"),
            _in("tier", "Tier__c", "Customer_Tier__c", "Account_Tier__c"),
            _in("segment", "Segment__c", "Type"),
            _in("industry", "Industry"),
            _in("region", "Region__c"),
            _in("country", "BillingCountry"),
            _in("arr", "ARR__c", "Annual_Recurring_Revenue__c"),
            _in("currency", "CurrencyIsoCode"),
            _in("renewal_date", "Renewal_Date__c", "Contract_End_Date__c"),
            _out("strength", "VOC_Relationship_Score__c"),
            _out("band", "VOC_Relationship_Band__c"),
            _out("engagement", "VOC_Engagement__c"),
            _out("sentiment", "VOC_Sentiment__c"),
            _out("answers", "VOC_Response_Count__c"),
            _out("last_response_at", "VOC_Last_Response_At__c"),
            _out("scored_at", "VOC_Score_Updated_At__c"),
            _out("profile_url", "VOC_Profile_URL__c"),
        ),
    ),
    ObjectProposal(
        "Contact",
        Entity.CONTACT,
        (
            _in("account", "AccountId"),
            _both("first_name", "FirstName", owner=Owner.SALESFORCE),
            _both("last_name", "LastName", owner=Owner.SALESFORCE),
            _both("email", "Email", owner=Owner.MANUAL),
            _both("title", "Title", owner=Owner.NEWEST),
            _both("phone", "Phone", owner=Owner.NEWEST),
            _in("language", "Language__c", owner=Owner.FILL_BLANK),
            _in("reports_to", "ReportsToId", owner=Owner.FILL_BLANK),
            _in("has_left", "Left_Company__c", "No_Longer_at_Company__c"),
            _both("is_opted_out", "VOC_Survey_Opt_Out__c", owner=Owner.STICKY),
            _in("is_opted_out_there", "HasOptedOutOfEmail", owner=Owner.STICKY),
            _out("person_id", "VOC_Person_Id__c"),
            _out("status", "VOC_Status__c"),
            _out("verified_on", "VOC_Verified_On__c"),
            _out("known_personas", "VOC_Personas__c"),
            _out("replaced_by", "VOC_Replaced_By__c"),
            _out("last_nps", "VOC_Last_NPS__c"),
            _out("last_response_at", "VOC_Last_Response_At__c"),
            _out("profile_url", "VOC_Profile_URL__c"),
        ),
    ),
    ObjectProposal(
        "Opportunity",
        Entity.OPPORTUNITY,
        (
            _in("account", "AccountId"),
            _in("name", "Name"),
            _in("stage", "StageName"),
            _in("kind", "Type"),
            _in("amount", "Amount"),
            _in("currency", "CurrencyIsoCode"),
            _in("close_date", "CloseDate"),
            _in("is_closed", "IsClosed"),
            _in("is_won", "IsWon"),
            _in("owner_name", "Owner.Name"),
        ),
    ),
    ObjectProposal("OpportunityContactRole", Entity.ROLE, (_in("contact", "ContactId"), _in("role", "Role"))),
    ObjectProposal(
        "Case",
        Entity.CASE,
        (
            _in("account", "AccountId"),
            _in("contact", "ContactId"),
            _in("title", "Subject"),
            _in("status", "Status"),
            _in("priority", "Priority"),
            _in("is_closed", "IsClosed"),
            _in("is_escalated", "IsEscalated"),
            _in("opened_at", "CreatedDate"),
            _in("closed_at", "ClosedDate"),
        ),
    ),
    ObjectProposal(
        "VOC_Survey_Response__c",
        Entity.RESPONSE,
        (
            _out("response_id", "VOC_Response_Id__c"),
            _out("account", "Account__c"),
            _out("contact", "Contact__c"),
            _out("survey_name", "Survey_Name__c"),
            _out("responded_at", "Responded_At__c"),
            _out("nps", "NPS__c"),
            _out("csat", "CSAT__c"),
            _out("comment", "Comment__c"),
            _out("response_url", "Response_URL__c"),
        ),
    ),
)

HUBSPOT: tuple[ObjectProposal, ...] = (
    ObjectProposal(
        "owners", Entity.USER, (_in("name", "name"), _in("email", "email"), _in("is_active", "active"))
    ),
    ObjectProposal(
        "companies",
        Entity.ACCOUNT,
        (
            _in("name", "name"),
            _in("owner", "hubspot_owner_id"),
            _in("industry", "industry"),
            _in("country", "country"),
            _out("strength", "voc_relationship_score"),
            _out("band", "voc_relationship_band"),
            _out("engagement", "voc_engagement"),
            _out("sentiment", "voc_sentiment"),
            _out("answers", "voc_response_count"),
            _out("last_response_at", "voc_last_response_at"),
            _out("profile_url", "voc_profile_url"),
        ),
    ),
    ObjectProposal(
        "contacts",
        Entity.CONTACT,
        (
            _in("account", "associatedcompanyid"),
            _both("first_name", "firstname"),
            _both("last_name", "lastname"),
            _both("email", "email", owner=Owner.MANUAL),
            _both("title", "jobtitle", owner=Owner.NEWEST),
            _both("phone", "phone", owner=Owner.NEWEST),
            _both("is_opted_out", "voc_survey_opt_out", owner=Owner.STICKY),
            _out("person_id", "voc_person_id"),
            _out("status", "voc_status"),
            _out("verified_on", "voc_verified_on"),
            _out("last_nps", "voc_last_nps"),
            _out("profile_url", "voc_profile_url"),
        ),
    ),
    ObjectProposal(
        "deals",
        Entity.OPPORTUNITY,
        (
            _in("account", "associatedcompanyid"),
            _in("name", "dealname"),
            _in("stage", "dealstage"),
            _in("kind", "dealtype"),
            _in("amount", "amount"),
            _in("close_date", "closedate"),
            _in("is_closed", "hs_is_closed"),
            _in("is_won", "hs_is_closed_won"),
        ),
    ),
)


def _same_names(*ours: str) -> tuple[Proposal, ...]:
    return tuple(_in(name, name) for name in ours)


FOLDER: tuple[ObjectProposal, ...] = (
    ObjectProposal(
        "accounts",
        Entity.ACCOUNT,
        (
            *_same_names(
                "name", "tier", "segment", "industry", "region", "country", "product", "arr", "currency",
                "lifecycle_stage", "renewal_date", "status",
            ),
            _in("parent", "parent_external_id"),
            _out("strength", "voc_relationship_score"),
            _out("band", "voc_relationship_band"),
            _out("engagement", "voc_engagement"),
            _out("sentiment", "voc_sentiment"),
            _out("answers", "voc_response_count"),
            _out("last_response_at", "voc_last_response_at"),
            _out("scored_at", "voc_score_updated_at"),
            _out("profile_url", "voc_profile_url"),
        ),
    ),
    ObjectProposal(
        "contacts",
        Entity.CONTACT,
        (
            _in("account", "account_external_id"),
            *_same_names(
                "first_name", "last_name", "email", "title", "phone", "language", "time_zone", "personas",
            ),
            Proposal("is_opted_out", ("voc_opt_out",), Direction.OUT, Owner.STICKY),
            _out("status", "voc_status"),
            _out("verified_on", "voc_verified_on"),
            _out("last_nps", "voc_last_nps"),
            _out("last_response_at", "voc_last_response_at"),
            _out("profile_url", "voc_profile_url"),
        ),
    ),
)  # fmt: skip

PROPOSALS: Mapping[str, tuple[ObjectProposal, ...]] = {
    "salesforce": SALESFORCE,
    "hubspot": HUBSPOT,
    "folder": FOLDER,
}


def proposed_fields(
    proposal: ObjectProposal, info: ObjectInfo, *, has_field: Mapping[str, str]
) -> list[tuple[str, str, Direction, Owner]]:
    """Return (ours, theirs, direction, owner) of what the other side has of a proposal.

    `has_field` maps a field's path to the field of the object it starts with.
    """
    found = []
    for one in proposal.fields:
        theirs = next((path for path in one.theirs if has_field.get(path, path) in info.fields), None)
        if theirs is None:
            continue
        owner = one.owner or FIELDS[proposal.entity][one.ours].owner
        found.append((one.ours, theirs, one.direction, owner))
    return found
