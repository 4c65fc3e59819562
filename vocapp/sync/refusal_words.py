"""Codes of refusals in words: what each means, and what somebody does about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Cure:
    """What a refusal means and what to do about it."""

    means: Any
    to_do: Any


_WAIT = _("Nothing needs to be done: it is tried again with the next runs. Replay it if it stays.")
_FIX_THERE = _("Correct the record over there or here, then replay it.")
_GIVE_ACCESS = _("Give the integration user’s permission set access, then resume the field and replay.")

CURES: Mapping[str, Cure] = {
    "DUPLICATES_DETECTED": Cure(
        _("Their duplicate rules say that this record is there already."),
        _("Link it to the record that was found, or allow duplicates in the options if they are wanted."),
    ),
    "DUPLICATE_VALUE": Cure(
        _("Another record over there holds the same unique value."),
        _("Look for the other record by that value; merge the two, or correct one of them."),
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Cure(
        _("A validation rule of the organisation does not allow this change."),
        _("Do what the rule asks on the record, or let the rule pass the integration user; then replay it."),
    ),
    "REQUIRED_FIELD_MISSING": Cure(
        _("A field that must be filled over there is empty."),
        _("Fill it over there, or map a field of ours to it; then replay it."),
    ),
    "STRING_TOO_LONG": Cure(
        _("The text is longer than their field takes."), _("Shorten it here, or let their field take more.")
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Cure(
        _("Their list of choices does not hold this value."),
        _("Add the value to the list over there, or use one that is on it; then replay it."),
    ),
    "INVALID_EMAIL_ADDRESS": Cure(
        _("They do not take this as an e-mail address."), _("Correct the address; it then travels by itself.")
    ),
    "INVALID_FIELD": Cure(
        _("The field is not there any more, or hidden from the integration user."), _GIVE_ACCESS
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Cure(
        _("The integration user may read this field but not write it."), _GIVE_ACCESS
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": Cure(
        _("The integration user may not change this record."),
        _("Give its permission set “Edit” for the object, or sharing for the record; then replay it."),
    ),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Cure(
        _("The integration user may not use a record that this one points at."),
        _("Give it access to the account or owner of the record; then replay it."),
    ),
    "INVALID_CROSS_REFERENCE_KEY": Cure(
        _("The record points at one that is not there, or not of the right kind."), _FIX_THERE
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Cure(
        _("A trigger or flow of the organisation broke off."),
        _("Show the message to whoever looks after the automation over there; then replay it."),
    ),
    "UNABLE_TO_LOCK_ROW": Cure(_("Somebody else was changing the record or its account."), _WAIT),
    "REQUEST_LIMIT_EXCEEDED": Cure(_("The calls of the day were used up."), _WAIT),
    "SERVER_UNAVAILABLE": Cure(_("The other side did not answer."), _WAIT),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": Cure(
        _("Another record in the same batch was refused, and this one went back with it."), _WAIT
    ),
    "INVALID_SESSION_ID": Cure(_("Our sign-in ran out in the middle."), _WAIT),
    "ENTITY_IS_DELETED": Cure(
        _("The record was deleted over there."),
        _("Nothing is made anew by itself. Undelete it over there, or set this aside."),
    ),
    "NOT_FOUND": Cure(
        _("The record is not there, or the integration user cannot see it."),
        _("Look for it over there: it may be merged, deleted or hidden. Then replay or set it aside."),
    ),
    "MALFORMED_QUERY": Cure(
        _("They did not understand the question."), _("Correct the filter of the mapping; then run it again.")
    ),
    "MALFORMED_ID": Cure(_("An identifier is no identifier over there."), _FIX_THERE),
    "INVALID_TYPE": Cure(
        _("The object is not there, or hidden from the integration user."),
        _("Give it access to the object, or take the object out of the mapping."),
    ),
    "MORE_THAN_ONE_RECORD": Cure(
        _("Several records over there hold our identifier."),
        _("Keep it on one of them only; then replay it."),
    ),
    "CANNOT_UPDATE": Cure(
        _("This kind of record, or this one, cannot be changed."),
        _("Look whether it is locked by an approval over there; then replay it, or set it aside."),
    ),
    "INVALID_ID_FIELD": Cure(
        _("The field that should hold our identifier is not marked as an external id."),
        _("Mark it as a unique external id over there, or map another field to our identifier."),
    ),
    "READ_ONLY": Cure(
        _("The other side keeps this field to itself; nobody can write it."),
        _("Take the field out of what goes out, or map another one."),
    ),
    "UNKNOWN_EXCEPTION": Cure(
        _("Something broke over there, and they do not say what."),
        _("Replay it. If it stays, show the message to their administrators: it names the case."),
    ),
    "NOT_OURS": Cure(
        _("Our side does not take this value, because it would break something here."),
        _("Read the reason; correct the value over there, and it comes in with the next run."),
    ),
    "VALUE_NOT_READABLE": Cure(
        _("What stands in the field over there is no such value here."),
        _("Correct the value over there, or map another field."),
    ),
    "NOT_MERGED_HERE": Cure(
        _("Two records were merged over there, but the two here could not become one."),
        _("Merge them here by hand, or set this aside and keep both."),
    ),
    "NOT_TAKEN": Cure(
        _("They said yes, but the value is not what we sent: an automation over there changed it."),
        _("Find the flow or trigger that writes this field, or let theirs count in the mapping."),
    ),
}

OTHER = Cure(
    _("The other side refused this record for a reason of its own."),
    _("Read its message; correct the record, then replay it."),
)


def cure_of(code: str) -> Cure:
    """Return what a code means and what to do; a code nobody described is told by its own message."""
    return CURES.get(code, OTHER)
