"""How the emulator says no."""

import json
from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: Mapping[str, Any] = {
            "status": "error",
            "message": message,
            "correlationId": "00000000-0000-4000-8000-000000000000",
            "category": category,
            **more,
        }


def invalid(message: str) -> Refused:
    """Return the refusal of a request that makes no sense."""
    return Refused(400, "VALIDATION_ERROR", message)


def property_errors(faults: list[tuple[str, str, str]]) -> str:
    """Return the message about (property, code, words): HubSpot puts JSON into its text."""
    listed = [
        {"isValid": False, "message": words, "error": code, "name": name, "localizedErrorMessage": words}
        for name, code, words in faults
    ]
    return f"Property values were not valid: {json.dumps(listed)}"


def demand(body: Any, known: set[str], needed: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """Return a JSON object that has all needed keys and no unknown ones; refuse anything else."""
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON: an object is expected")
    unknown = sorted(body.keys() - known)
    if unknown:
        raise invalid(f"Invalid input JSON: unrecognized field {unknown[0]!r}")
    missing = sorted(needed - body.keys())
    if missing:
        raise invalid(f"Some required fields were not set: {missing}")
    return body
