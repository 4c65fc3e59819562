"""What HubSpot's error answers mean."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from integrations.crm.base import Access, NoAccess, QuotaSpent, SchemaChanged, TooBusy
from integrations.errors import Rejected, Retryable

# Locked records, migrations and everything a proxy in front says when what is behind it is down.
PASSING = frozenset({423, 429, 477, 500, 502, 503, 504, 521, 522, 523, 524})
_LONGEST_MESSAGE = 500
_UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"
_UNTIL_NEXT_LOOK = timedelta(hours=1)


class Invalid(Rejected):
    """HubSpot did nothing because of what we sent; `fields` are the properties it names."""

    def __init__(self, reason: str, *, code: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(reason, code=code)
        self.fields = fields


def error_for(
    status: int, body: Mapping[str, Any], *, path: str, asked: timedelta | None
) -> Retryable | Rejected:
    """Return the error that an answer of 400 and above means. `asked` is the wait its headers ask for."""
    message = message_of(body)
    category = str(body.get("category") or "")
    if status == 429 and _is_of_the_day(body):
        return QuotaSpent(
            "HubSpot's calls of the day are used up; the sync goes on after midnight over there.",
            retry_after=asked or _UNTIL_NEXT_LOOK,
        )
    if status in PASSING or status >= 500:
        words = "asks for a slower pace" if status == 429 else f"is busy or out of order ({status})"
        return TooBusy(f"HubSpot {words}; the sync tries again later.", retry_after=asked)
    if status == 401:
        return _not_let_in(message, category)
    if status == 403:
        return _lacks_scope(body, category)
    if status == 404 and category != "OBJECT_NOT_FOUND":
        return _not_there(path, category)
    return _invalid(status, message, category, path)


def message_of(body: Mapping[str, Any]) -> str:
    """Return HubSpot's own words, shortened."""
    message = str(body.get("message") or "").strip()
    return message[:_LONGEST_MESSAGE] or "HubSpot gave no reason."


def property_faults(message: str) -> list[tuple[str, str]]:
    """Return (property, code) of what HubSpot lists, as JSON, inside the text of a message."""
    start = message.find("[{")
    if start < 0:
        return []
    try:
        listed, _ = json.JSONDecoder().raw_decode(message[start:])
    except ValueError:
        return []
    return [
        (str(item.get("name", "")), str(item.get("error", ""))) for item in listed if isinstance(item, dict)
    ]


def _is_of_the_day(body: Mapping[str, Any]) -> bool:
    policy = str(body.get("policyName") or "").upper()
    return policy == "DAILY" or "daily limit" in str(body.get("message") or "").lower()


def _not_let_in(message: str, category: str) -> NoAccess:
    if category == "EXPIRED_AUTHENTICATION" or "expired" in message.lower():
        return NoAccess(
            "The HubSpot token has expired.",
            access=Access.EXPIRED,
            hint="Open the private app in HubSpot, show the current token and paste it here.",
            code=category or None,
        )
    return NoAccess(
        "HubSpot does not know this token.",
        access=Access.WRONG_CREDENTIALS,
        hint="The private app was deleted or its token rotated: copy the current token and paste it here.",
        code=category or None,
    )


def _lacks_scope(body: Mapping[str, Any], category: str) -> NoAccess:
    scopes: set[str] = set()
    for error in body.get("errors") or ():
        context = error.get("context") or {}
        for key in ("requiredGranularScopes", "requiredScopes"):
            scopes.update(str(scope) for scope in context.get(key) or ())
    named = f": {', '.join(sorted(scopes))}" if scopes else ""
    return NoAccess(
        f"The private app may not do this{named}.",
        access=Access.WRONG_SCOPE,
        hint=f"Add the scopes{named or ' for companies, contacts, deals and owners'} to the private app.",
        code=category or None,
    )


def _not_there(path: str, category: str) -> Rejected:
    parts = path.strip("/").split("/")
    if parts[:1] == ["crm"] and len(parts) > 3 and parts[2] in ("objects", "properties"):
        return SchemaChanged(
            f"HubSpot has no objects called {parts[3]!r}, or hides them from the private app.",
            object=parts[3],
            code=category or None,
        )
    return NoAccess(
        "There is no HubSpot at this address.",
        access=Access.WRONG_ADDRESS,
        hint="Leave the address empty, unless calls are to go to an emulator on this machine.",
        code=category or None,
    )


def _invalid(status: int, message: str, category: str, path: str) -> Rejected:
    faults = property_faults(message)
    unknown = next((name for name, code in faults if code == _UNKNOWN_PROPERTY), "")
    if unknown:
        name = path.strip("/").split("/")[3]
        return SchemaChanged(
            f"The property {unknown!r} of {name} is not there any more; map another or add it in HubSpot.",
            object=name,
            field=unknown,
            code=_UNKNOWN_PROPERTY,
        )
    code = next((code for _, code in faults if code), "") or category or str(status)
    return Invalid(message, code=code, fields=tuple(name for name, _ in faults if name))
