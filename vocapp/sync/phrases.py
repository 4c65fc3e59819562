"""What pages call things of the sync: states, kinds, directions, owners, fields, and acts."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from vocapp.sync.fields import Entity
from vocapp.sync.models import CrmConnection
from vocapp.sync.rules import ContactsBack, Direction, LinkState, Owner, RunKind, RunState

KINDS: Mapping[str, Any] = {
    "salesforce": _("Salesforce"),
    "hubspot": _("HubSpot"),
    "folder": _("Drop folder"),
}

RUN_KINDS: Mapping[str, Any] = {
    RunKind.SYNC: _("Read and write"),
    RunKind.PULL: _("Read only"),
    RunKind.PUSH: _("Write only"),
    RunKind.REHEARSAL: _("Dry run"),
    RunKind.UNDO: _("Undo of the last push"),
}

RUN_STATES: Mapping[str, tuple[str, Any]] = {
    RunState.RUNNING: ("grey", _("running")),
    RunState.DONE: ("green", _("done")),
    RunState.STOPPED: ("amber", _("stopped early")),
    RunState.FAILED: ("red", _("failed")),
}

# State → (colour, word).
CONNECTION_STATES: Mapping[str, tuple[str, Any]] = {
    "setup": ("grey", _("being set up")),
    "paused": ("grey", _("paused")),
    "running": ("grey", _("running now")),
    "failing": ("red", _("failing")),
    "waiting": ("grey", _("waits for its first run")),
    "fine": ("green", _("fine")),
}

DIRECTIONS: Mapping[str, Any] = {
    Direction.IN: _("comes in"),
    Direction.OUT: _("goes out"),
    Direction.BOTH: _("both ways"),
}

CHANGE_DIRECTIONS: Mapping[str, Any] = {
    "in": _("changed here"),
    "out": _("changed over there"),
    "undo": _("taken back over there"),
}

OWNERS: Mapping[str, Any] = {
    Owner.SALESFORCE: _("Theirs counts"),
    Owner.VOCAPP: _("Ours counts"),
    Owner.NEWEST: _("The later change counts"),
    Owner.FILL_BLANK: _("Only fills what is empty"),
    Owner.MANUAL: _("Ask a person"),
    Owner.STICKY: _("A yes on either side stays"),
}

CONTACTS_BACK: Mapping[str, Any] = {
    ContactsBack.UPDATE: _("Update: contacts over there get what we know, and new people are made"),
    ContactsBack.PROPOSE: _("Propose: a task for the contact’s owner says what we would change"),
    ContactsBack.OFF: _("Nothing: what we know of people stays here"),
}

ENTITIES: Mapping[str, Any] = {
    Entity.USER: _("Users"),
    Entity.ACCOUNT: _("Accounts"),
    Entity.CONTACT: _("People"),
    Entity.OPPORTUNITY: _("Opportunities"),
    Entity.ROLE: _("Roles in opportunities"),
    Entity.CASE: _("Cases"),
    Entity.RESPONSE: _("Survey responses"),
}

LINK_STATES: Mapping[str, Any] = {
    LinkState.LINKED: _("linked"),
    LinkState.WAITING: _("waiting"),
    LinkState.UNMATCHED: _("nobody here"),
    LinkState.DELETED: _("deleted over there"),
    LinkState.MERGED: _("merged over there"),
    LinkState.LOST: _("out of sight"),
}

LINK_MEANINGS: Mapping[str, Any] = {
    LinkState.WAITING: _("What they belong to has not come in yet. They come in by themselves when it does."),
    LinkState.UNMATCHED: _("Nobody here is this record, and the mapping does not make new ones."),
    LinkState.LOST: _(
        "We do not see them any more, which is not the same as deleted: look whether the integration user "
        "lost access."
    ),
}

FIELD_NAMES: Mapping[str, Any] = {
    "name": _("Name"),
    "owner": _("Owner"),
    "parent": _("Parent account"),
    "tier": _("Tier"),
    "segment": _("Segment"),
    "industry": _("Industry"),
    "region": _("Region"),
    "country": _("Country"),
    "product": _("Product"),
    "arr": _("ARR"),
    "currency": _("Currency"),
    "lifecycle_stage": _("Lifecycle stage"),
    "growth_potential": _("Growth potential"),
    "renewal_date": _("Renewal date"),
    "status": _("Status"),
    "strength": _("Relationship strength"),
    "band": _("Status as a colour"),
    "engagement": _("Engagement"),
    "sentiment": _("Sentiment"),
    "answers": _("Number of answers"),
    "last_response_at": _("Last answer"),
    "scored_at": _("When it was scored"),
    "profile_url": _("Link to the page here"),
    "account": _("Account"),
    "contact": _("Person"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
    "title": _("Title"),
    "phone": _("Phone"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    "personas": _("Personas"),
    "known_personas": _("Personas known here"),
    "reports_to": _("Reports to"),
    "has_left": _("Has left the company"),
    "is_opted_out": _("Opted out of surveys"),
    "is_opted_out_there": _("Opted out of mail over there"),
    "verified_on": _("Confirmed on"),
    "replaced_by": _("Replaced by"),
    "person_id": _("Our identifier"),
    "last_nps": _("Last NPS rating"),
    "survey_name": _("Survey"),
    "responded_at": _("Answered"),
    "nps": _("NPS rating"),
    "csat": _("CSAT rating"),
    "comment": _("Comment"),
    "response_url": _("Link to the answer"),
    "response_id": _("Our identifier"),
    "is_active": _("Active"),
    "federation_id": _("Federation identifier"),
    "stage": _("Stage"),
    "kind": _("Kind"),
    "amount": _("Amount"),
    "close_date": _("Close date"),
    "is_closed": _("Closed"),
    "is_won": _("Won"),
    "owner_name": _("Name of the owner"),
    "role": _("Role"),
    "priority": _("Priority"),
    "is_escalated": _("Escalated"),
    "opened_at": _("Opened"),
    "closed_at": _("Closed at"),
}

ACTS: Mapping[str, Any] = {
    "crm_connected": _("made the connection"),
    "crm_access_changed": _("changed how it signs in"),
    "crm_signed_in": _("signed in over there"),
    "crm_options_changed": _("changed its options"),
    "crm_paused": _("paused it"),
    "crm_resumed": _("let it run"),
    "crm_run_asked": _("asked for a run"),
    "crm_package_checked": _("had the package checked"),
    "crm_package_deployed": _("deployed the package"),
    "crm_removed": _("removed it"),
    "crm_field_mapped": _("mapped a field"),
    "crm_field_unmapped": _("took a field out of the mapping"),
    "crm_mapping_changed": _("changed a mapping"),
    "crm_mapping_resumed": _("let a mapping try again"),
    "crm_user_matched": _("said who a user is"),
    "crm_refusals_replayed": _("had refused records sent again"),
    "crm_refusals_set_aside": _("set refused records aside"),
    "crm_linked_by_hand": _("linked a person to a record that was found"),
}


def state_of(connection: CrmConnection, *, is_at_work: bool, has_run: bool) -> str:
    """Return where a connection stands: a key of `CONNECTION_STATES`."""
    if is_at_work:
        return "running"
    if connection.paused_at is not None:
        return "paused" if has_run else "setup"
    if connection.failures:
        return "failing"
    return "fine" if has_run else "waiting"


def field_name(ours: str) -> str:
    """Return what people call a field of ours; one nobody named keeps its own name."""
    return str(FIELD_NAMES.get(ours, ours))
