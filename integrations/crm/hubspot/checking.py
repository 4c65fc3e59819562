"""Trying a HubSpot connection step by step, with a next step for everything that does not go well."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from integrations.crm.base import NoAccess, SchemaChanged
from integrations.crm.hubspot.schema import KINDS, OWNERS
from integrations.crm.records import CheckLine, Identity, ObjectInfo, Usage
from integrations.errors import Rejected, Retryable

_CALLS = "Pause other integrations, or go on tomorrow."
_LATER = "Wait a few minutes and test again."
_SCOPES = "Open the private app in HubSpot, add the scope, and test again; the token stays the same."


class Checkable(Protocol):
    """What a test of the connection needs."""

    def identity(self) -> Identity:
        """Return who we are."""
        ...

    def usage(self) -> Usage:
        """Return the calls of the day."""
        ...

    def describe(self, name: str) -> ObjectInfo:
        """Return the fields of an object."""
        ...

    def first(self, name: str) -> int:
        """Read one record and return how many came."""
        ...

    def scopes(self) -> frozenset[str] | None:
        """Return what the token may do; None where nobody says."""
        ...


def check_lines(crm: Checkable, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
    """Yield a line for each step; the first steps end the test when they fail."""
    try:
        who = crm.identity()
    except (Rejected, Retryable) as error:
        yield _failed("Token", error)
        return
    kind = "sandbox or test account" if who.is_sandbox else "account"
    yield CheckLine("Token", True, f"We are let in to the HubSpot {kind} {who.organisation}.")
    usage = crm.usage()
    if usage.allowed is not None and usage.used is not None:
        words = f"{usage.used:,} of {usage.allowed:,} calls of the day are used."
        is_fine = usage.used < usage.allowed * 0.8
        yield CheckLine(
            "Calls", is_fine, words, "" if is_fine else "Pause other integrations, or go on tomorrow."
        )
    scopes: frozenset[str] | None = None
    try:
        scopes = crm.scopes()
    except (Rejected, Retryable):
        yield CheckLine("Scopes", True, "HubSpot does not say what the token may do; each object is tried.")
    for name, fields in objects.items():
        yield from _object_lines(crm, name, fields, scopes)


def _object_lines(
    crm: Checkable, name: str, fields: Sequence[str], scopes: frozenset[str] | None
) -> Iterator[CheckLine]:
    try:
        info = crm.describe(name)
        missing = [field for field in fields if field not in info.fields]
        if missing:
            hint = "Map another property, or add these in HubSpot under Settings, Properties."
            words = f"{name.capitalize()} has no property {', '.join(missing)}."
            yield CheckLine(name, False, words, hint, {"missing": missing})
            return
        crm.first(name)
    except (Rejected, Retryable) as error:
        yield _failed(name, error)
        return
    yield CheckLine(name, True, f"{info.label} can be read, with {len(info.fields):,} properties.")
    if name == OWNERS or scopes is None:
        return
    needed = f"{KINDS[name].scope}.write"
    is_fine = needed in scopes
    words = f"{info.label} can be written." if is_fine else f"The private app lacks the scope {needed}."
    yield CheckLine(f"{name}: writing", is_fine, words, "" if is_fine else _SCOPES)


def _failed(step: str, error: Rejected | Retryable) -> CheckLine:
    if isinstance(error, NoAccess):
        return CheckLine(step, False, error.reason, error.hint, {"access": error.access.value})
    if isinstance(error, SchemaChanged):
        return CheckLine(step, False, error.reason, "Choose another object, or add the scopes to read it.")
    return CheckLine(
        step, False, error.reason, _LATER if isinstance(error, Retryable) else "Look at the log."
    )
