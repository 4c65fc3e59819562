"""The systems there is an adapter for: what each needs, and what it can do."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a system can do. Where it cannot, the sync does without."""

    sees_deletes: bool
    sees_merges: bool
    has_bulk: bool
    # Whether a change may be put before somebody over there instead of being made.
    has_proposals: bool
    is_both_ways: bool


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One system as a page lists it. `needs` are sentences on what to have at hand before connecting."""

    kind: str
    title: str
    about: str
    needs: tuple[str, ...]
    objects: tuple[str, ...]
    abilities: Abilities


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing a new adapter must provide: the parts of the protocol, and what is expected of them."""

    title: str
    parts: tuple[str, ...]
    words: str


SYSTEMS: Mapping[str, CatalogEntry] = {
    entry.kind: entry
    for entry in (
        CatalogEntry(
            kind="salesforce",
            title="Salesforce",
            about="Accounts, contacts, users, opportunities, cases come in; scores and changes go back.",
            needs=(
                "An external client app with the client credentials flow and its key and secret.",
                "A user it runs as, with rights to read what comes in and to write what goes back.",
                "The My Domain address of the org.",
            ),
            objects=("User", "Account", "Contact", "Opportunity", "Case"),
            abilities=Abilities(
                sees_deletes=True, sees_merges=True, has_bulk=True, has_proposals=True, is_both_ways=True
            ),
        ),
        CatalogEntry(
            kind="hubspot",
            title="HubSpot",
            about="Companies, contacts, deals and owners come in; scores and contact changes go back.",
            needs=(
                "A private app with the scopes to read and write companies, contacts and deals, and to read "
                "owners.",
                "The access token of that app.",
                "Custom properties of companies and contacts for the scores, and one with unique values for "
                "our id.",
            ),
            objects=("companies", "contacts", "deals", "owners"),
            abilities=Abilities(
                sees_deletes=True, sees_merges=True, has_bulk=False, has_proposals=False, is_both_ways=True
            ),
        ),
        CatalogEntry(
            kind="folder",
            title="Drop folder",
            about="CSV or XLSX files come in from any system that can export; scores go into files to fetch.",
            needs=(
                "A folder this service can read and write, on a disk or a network share.",
                "Files whose names begin with accounts, contacts, opportunities, cases or users.",
                "A column external_id in every file, with the id of each record; is_deleted marks the gone.",
            ),
            objects=("users", "accounts", "contacts", "opportunities", "cases"),
            abilities=Abilities(
                sees_deletes=True, sees_merges=False, has_bulk=False, has_proposals=False, is_both_ways=True
            ),
        ),
    )
}

DUTIES: tuple[Duty, ...] = (
    Duty(
        "Say who we are",
        ("identity", "check", "now", "close"),
        "Which organisation the credentials belong to, a test in steps with a hint each, and the clock.",
    ),
    Duty(
        "Count calls",
        ("calls", "usage", "refresh_usage"),
        "How many calls were made, and how many of the day are left, so that nobody else runs dry.",
    ),
    Duty(
        "Describe",
        ("objects", "describe"),
        "Which objects and fields there are, and whether they can be written.",
    ),
    Duty(
        "Read changes",
        ("changes", "deleted_since", "read_size"),
        "Everything changed in a window of time, by stamp and id, with what was deleted, from any place on.",
    ),
    Duty(
        "Look up",
        ("fetch", "find", "ids", "record_url"),
        "Records by id or by a field, every id there is, and the page of a record for people.",
    ),
    Duty(
        "Write",
        ("write", "write_size"),
        "Updates and upserts that may be sent again, with an answer for each record.",
    ),
    Duty(
        "Write in bulk, where there is such a thing",
        ("has_bulk", "open_bulk", "fill_bulk", "bulk_status", "bulk_results", "abort_bulk"),
        "Jobs of many records that outlive us, joined to their results by id.",
    ),
)
