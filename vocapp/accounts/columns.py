"""Which column of a stranger's file means what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vocapp.core.errors import DomainError

NOT_USED = ""


class TableKind(StrEnum):
    """What the rows of a file are."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    RESPONSES = "responses"
    EVENTS = "events"
    OUTCOMES = "outcomes"
    BENCHMARKS = "benchmarks"


ACCOUNT_COLUMNS = (
    "external_id", "name", "tier", "segment", "industry", "region", "country", "product", "arr", "currency",
    "lifecycle_stage", "renewal_date", "owner_email", "parent_external_id", "status",
)  # fmt: skip
CONTACT_COLUMNS = (
    "external_id", "account_external_id", "first_name", "last_name", "email", "title", "personas", "language",
    "time_zone", "phone", "status", "verified_on",
)  # fmt: skip
RESPONSE_COLUMNS = (
    "survey_type", "account_external_id", "contact_email", "responded_at", "rating", "comment", "wave",
)  # fmt: skip
EVENT_COLUMNS = ("kind", "external_id", "account_external_id", "contact_email", "occurred_at", "title")
OUTCOME_COLUMNS = ("account_external_id", "renewal_date", "outcome", "amount")
BENCHMARK_COLUMNS = (
    "measure", "industry", "region", "value", "low", "high", "respondents", "accounts", "source", "as_of",
)  # fmt: skip
# Understood in an account file beyond the columns of an account.
ACCOUNT_EXTRAS = ("growth_potential", "coverage_model", "time_zone", "review_date")
# Understood in a contact file beyond the columns of a contact: the last two serve accounts it may create.
CONTACT_EXTRAS = ("full_name", "account_name", "account_owner_email")

# Understood in a file of events beyond the columns of an event: when a case was closed.
EVENT_EXTRAS = ("ended_at",)

COLUMNS: Mapping[TableKind, tuple[str, ...]] = {
    TableKind.ACCOUNTS: ACCOUNT_COLUMNS + ACCOUNT_EXTRAS,
    TableKind.CONTACTS: CONTACT_COLUMNS + CONTACT_EXTRAS,
    TableKind.RESPONSES: RESPONSE_COLUMNS,
    TableKind.EVENTS: EVENT_COLUMNS + EVENT_EXTRAS,
    TableKind.OUTCOMES: OUTCOME_COLUMNS,
    TableKind.BENCHMARKS: BENCHMARK_COLUMNS,
}
REQUIRED: Mapping[TableKind, tuple[str, ...]] = {
    TableKind.ACCOUNTS: ("external_id", "name"),
    TableKind.CONTACTS: ("account_external_id", "email"),
    # Beside them, either column that says whose answer it is.
    TableKind.RESPONSES: ("survey_type", "responded_at", "rating"),
    TableKind.EVENTS: ("kind", "external_id", "account_external_id", "occurred_at"),
    TableKind.OUTCOMES: ("account_external_id", "renewal_date", "outcome"),
    TableKind.BENCHMARKS: ("measure", "value", "source", "as_of"),
}

# In comparable form, as `comparable_name` gives it.
SYNONYMS: Mapping[TableKind, Mapping[str, tuple[str, ...]]] = {
    TableKind.ACCOUNTS: {
        "external_id": (
            "id", "accountid", "accountexternalid", "customerid", "companyid", "crmid", "salesforceid",
            "accountnumber", "customernumber",
        ),
        "name": ("accountname", "account", "company", "companyname", "customer", "customername"),
        "tier": ("accounttier", "customertier"),
        "segment": ("accountsegment", "customersegment", "marketsegment"),
        "industry": ("sector", "vertical", "branch"),
        "region": ("territory", "geo", "geography", "salesregion"),
        "country": ("billingcountry", "countrycode", "countryname"),
        "product": ("products", "productline", "productname"),
        "arr": ("annualrecurringrevenue", "acv", "annualcontractvalue", "contractvalue"),
        "currency": ("currencyisocode", "currencycode", "arrcurrency"),
        "lifecycle_stage": ("lifecycle", "stage", "phase", "customerstage"),
        "renewal_date": ("renewal", "renewson", "renewaldue", "contractend", "contractenddate", "enddate"),
        "owner_email": (
            "csmemail", "csm", "owner", "ownerid", "accountowner", "accountowneremail", "accountmanager",
            "accountmanageremail", "customersuccessmanager",
        ),
        "parent_external_id": ("parent", "parentid", "parentaccount", "parentaccountid"),
        "status": ("accountstatus", "customerstatus"),
        "growth_potential": ("growth", "potential", "expansionpotential"),
        "coverage_model": ("coverage", "touchmodel", "servicemodel"),
        "time_zone": ("tz", "timezonesidkey"),
        "review_date": (
            "review", "nextreview", "businessreview", "nextbusinessreview", "qbr", "nextqbr", "qbrdate",
        ),
    },
    TableKind.CONTACTS: {
        "external_id": ("id", "contactid", "contactexternalid", "personid", "salesforceid"),
        "account_external_id": (
            "accountid", "account", "customerid", "companyid", "accountnumber", "customernumber",
            "accountcrmid",
        ),
        "first_name": ("givenname", "forename"),
        "last_name": ("surname", "familyname"),
        "full_name": ("name", "contactname", "contact", "person"),
        "email": ("emailaddress", "mail", "mailaddress", "workemail", "contactemail"),
        "title": ("jobtitle", "position", "function"),
        "personas": ("persona", "role", "roles", "contactrole", "buyingrole"),
        "language": ("lang", "locale", "languagecode", "preferredlanguage"),
        "time_zone": ("tz", "timezonesidkey"),
        "phone": ("phonenumber", "telephone", "tel", "mobile", "mobilephone"),
        "status": ("contactstatus",),
        "verified_on": ("verified", "verifieddate", "lastverified", "confirmedon", "lastconfirmed"),
        "account_name": ("company", "companyname", "customer", "customername"),
        "account_owner_email": (
            "csmemail", "csm", "owneremail", "owner", "ownerid", "accountowner", "accountmanager",
            "accountmanageremail",
        ),
    },
    TableKind.RESPONSES: {
        "survey_type": ("survey", "surveyname", "surveykey", "surveykind", "type", "metric", "questionnaire"),
        "account_external_id": (
            "accountid", "account", "customerid", "companyid", "accountnumber", "customernumber",
            "accountcrmid",
        ),
        "contact_email": (
            "email", "emailaddress", "mail", "contact", "respondent", "respondentemail", "recipient",
            "recipientemail", "personemail", "customeremail",
        ),
        "responded_at": (
            "date", "timestamp", "responsedate", "responsetime", "respondeddate", "respondedon", "answeredat",
            "answeredon", "submittedat", "submitted", "completedat", "receivedat", "createdat",
        ),
        "rating": ("score", "npsscore", "csatscore", "cesscore", "npsrating", "value", "grade"),
        "comment": ("comments", "feedback", "verbatim", "reason", "text", "answer", "why"),
        "wave": ("wavename", "campaign", "campaignname", "batch", "round", "surveywave"),
    },
    TableKind.EVENTS: {
        "kind": ("event", "eventkind", "eventtype", "type"),
        "external_id": ("id", "eventid", "caseid", "casenumber", "ticketid", "ticketnumber", "reference"),
        "account_external_id": (
            "accountid", "account", "customerid", "companyid", "accountnumber", "customernumber",
            "accountcrmid",
        ),
        "contact_email": (
            "email", "emailaddress", "mail", "contact", "person", "requester", "requesteremail",
            "customeremail",
        ),
        "occurred_at": (
            "date", "timestamp", "occurredon", "happenedat", "openedat", "createdat", "createddate",
            "finishedat",
        ),
        "title": ("subject", "summary", "description", "eventname"),
        "ended_at": ("closedat", "closeddate", "closedon", "solvedat", "resolvedat", "enddate"),
    },
    TableKind.OUTCOMES: {
        "account_external_id": (
            "accountid", "account", "customerid", "companyid", "accountnumber", "customernumber",
            "accountcrmid",
        ),
        "renewal_date": (
            "renewal", "renewedon", "date", "closedate", "contractend", "contractenddate", "enddate",
        ),
        "outcome": ("result", "status", "stage", "renewaloutcome", "renewalstatus"),
        "amount": ("arr", "value", "renewedamount", "renewalamount", "newarr"),
    },
    TableKind.BENCHMARKS: {
        "measure": ("metric", "kind", "name"),
        "industry": ("sector", "vertical", "branch"),
        "region": ("country", "territory", "geo", "market"),
        "value": ("score", "figure", "average", "mean", "median"),
        "low": ("lowerquartile", "p25", "q1"),
        "high": ("upperquartile", "p75", "q3"),
        "respondents": ("n", "answers", "responses", "samplesize"),
        "accounts": ("companies", "customers"),
        "source": ("publisher", "study", "publishedby"),
        "as_of": ("date", "published", "publishedon", "year"),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How a header was understood.

    `positions`: our column → index of the cell. `recognised`: (their name, ours) where the names differ.
    `unused`: their names that mean nothing to us. `missing`: required columns that no column of theirs fills.
    """

    header: tuple[str, ...]
    positions: Mapping[str, int]
    recognised: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]

    def has(self, column: str) -> bool:
        """Whether the file has one of our columns."""
        return column in self.positions

    def theirs(self, column: str) -> str:
        """Return the file's own name for one of our columns, or ours when it has none."""
        return self.header[self.positions[column]] if column in self.positions else column

    def meaning(self, index: int) -> str:
        """Return our column for a cell of theirs, or `NOT_USED`."""
        return next((ours for ours, position in self.positions.items() if position == index), NOT_USED)


def comparable_name(name: str) -> str:
    """Return a column name without case, spaces, punctuation and a CRM's `__c`."""
    name = re.sub(r"__c$", "", name.strip().casefold())
    return "".join(character for character in name if character.isalnum())


def match_columns(kind: TableKind, header: Sequence[str], mapping: Mapping[str, str]) -> ColumnPlan:
    """Return how a header is understood.

    What `mapping` (theirs → ours or `NOT_USED`) says comes first, then our own names, then synonyms. Of two
    columns with one meaning the better match counts, and the first of equals.

    Raises `DomainError` when the mapping names a column that does not exist, or one twice.
    """
    names = [comparable_name(name) for name in header]
    positions: dict[str, int] = {}
    taken: set[int] = set()
    for theirs, ours in mapping.items():
        index = _their_index(theirs, header, names)
        taken.add(index)
        if comparable_name(ours):
            column = _our_column(kind, ours)
            if column in positions:
                raise DomainError(f"Two columns are mapped to {column}; choose one of them.")
            positions[column] = index
    ours_by_name = {comparable_name(column): column for column in COLUMNS[kind]}
    by_synonym = {name: column for column, names_ in SYNONYMS[kind].items() for name in names_}
    for known in (ours_by_name, by_synonym):
        for index, name in enumerate(names):
            found = known.get(name)
            if found is not None and index not in taken and found not in positions:
                positions[found] = index
                taken.add(index)
    used = {index: column for column, index in positions.items()}
    return ColumnPlan(
        header=tuple(header),
        positions=positions,
        recognised=tuple(
            (header[index], column)
            for index, column in sorted(used.items())
            if names[index] != comparable_name(column)
        ),
        unused=tuple(name for index, name in enumerate(header) if index not in used and name),
        missing=tuple(column for column in REQUIRED[kind] if column not in positions),
    )


def _their_index(theirs: str, header: Sequence[str], names: Sequence[str]) -> int:
    if theirs in header:
        return list(header).index(theirs)
    if comparable_name(theirs) in names:
        return names.index(comparable_name(theirs))
    raise DomainError(f"The file has no column {theirs!r}; it has: {', '.join(header)[:300]}.")


def _our_column(kind: TableKind, ours: str) -> str:
    for column in COLUMNS[kind]:
        if comparable_name(column) == comparable_name(ours):
            return column
    raise DomainError(f"{ours!r} is not a column of {kind}; choose one of: {', '.join(COLUMNS[kind])}.")
