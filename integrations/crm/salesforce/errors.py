"""Salesforce's error codes and answers, put into our terms with a plain sentence."""

import re
from collections.abc import Mapping
from datetime import timedelta

from integrations.crm.base import Access, NoAccess, QuotaSpent, SchemaChanged, TooBusy
from integrations.errors import Rejected, Retryable

_TRANSIENT = frozenset(
    {
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "BATCH_PROCESSING_HALTED",
        "INTERNAL_SERVER_ERROR",
        "PROCESSING_HALTED",
        "QUERY_TIMEOUT",
        "REQUEST_LIMIT_EXCEEDED",
        "REQUEST_RUNNING_TOO_LONG",
        "SERVER_UNAVAILABLE",
        "SERVICE_UNAVAILABLE",
        "UNABLE_TO_LOCK_ROW",
        "UNKNOWN_EXCEPTION",
    }
)
_SCHEMA = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE"})
_QUOTA = frozenset(
    {"REQUEST_LIMIT_EXCEEDED", "LIMIT_EXCEEDED", "EXCEEDED_QUOTA", "API_BATCH_ITEMS_LIMIT_EXCEEDED"}
)
_CLOSED = {
    "API_DISABLED_FOR_ORG": "Switch the API on for this organisation, or use an edition that has it.",
    "API_CURRENTLY_DISABLED": "Tick “API Enabled” in the profile or permission set of the integration user.",
}
_COLUMN = re.compile(
    r"No such column '(?P<field>[\w.]+)' on (?:entity|sobject of type) '?(?P<object>\w+)", re.I
)
_TYPE = re.compile(r"sObject type '(?P<object>\w+)'", re.I)
_BUSY = (429, 500, 502, 503, 504)


def is_transient(code: str) -> bool:
    """Return whether a record or call refused with this code may pass later, just as it is."""
    return code in _TRANSIENT


def is_schema_code(code: str) -> bool:
    """Return whether a record refused with this code means that fields or permissions have changed."""
    return code in _SCHEMA


def details(content: object) -> tuple[str, str, tuple[str, ...]]:
    """Return code, message and fields of an error answer, whatever its form; empty where it says nothing."""
    if isinstance(content, list):
        content = content[0] if content else {}
    if not isinstance(content, Mapping):
        return "", "", ()
    code = content.get("errorCode") or content.get("statusCode") or content.get("error") or ""
    message = content.get("message") or content.get("error_description") or ""
    fields = content.get("fields") or ()
    return str(code), str(message), tuple(map(str, fields)) if isinstance(fields, list) else ()


def from_answer(
    status: int, content: object, *, retry_after: timedelta | None = None, object_name: str = ""
) -> Retryable | Rejected:
    """Return the exception for an answer that is not good. `content` is parsed JSON, else text."""
    code, message, fields = details(content)
    if status == 401:
        return expired(code, message)
    if code in _QUOTA:
        return _over_limit(message, retry_after)
    if code in _CLOSED:
        return NoAccess(
            "Salesforce does not let this user use its API.",
            access=Access.WRONG_SCOPE,
            hint=_CLOSED[code],
            code=code,
        )
    if status in _BUSY or is_transient(code):
        return TooBusy(_busy_sentence(status, code), retry_after=retry_after)
    if code in _SCHEMA:
        return _schema_changed(code, message, fields, object_name)
    if 300 < status < 400:
        return moved()
    if status == 403 and not code:
        return NoAccess(
            "Salesforce refused the connection.",
            access=Access.WRONG_SCOPE,
            hint="Check the IP ranges and permission sets of the integration user.",
        )
    words = f" ({message.strip().rstrip('.')[:500]})" if message else ""
    return Rejected(
        f"Salesforce refused the call with {code or f'status {status}'}{words}.", code=code or str(status)
    )


def expired(code: str, message: str) -> NoAccess:
    """Return the exception for a 401 that a new token did not cure."""
    if "not valid for use" in message:
        return NoAccess(
            "The token from Salesforce is not good for its API.",
            access=Access.WRONG_SCOPE,
            hint="Add the scope “Manage user data via APIs (api)” to the External Client App.",
            code=code or None,
        )
    return NoAccess(
        "Salesforce does not accept our session, not even a new one.",
        access=Access.EXPIRED,
        hint="Check that the integration user is active and that its sessions are not locked to other "
        "IP addresses, then connect again.",
        code=code or None,
    )


def moved() -> NoAccess:
    """Return the exception for an answer that sends us elsewhere: My Domain has another name now."""
    return NoAccess(
        "The organisation's address has changed: Salesforce sends us elsewhere.",
        access=Access.WRONG_ADDRESS,
        hint="Copy the present address from Setup, My Domain, into the connection's settings.",
    )


def _over_limit(message: str, retry_after: timedelta | None) -> Retryable:
    if "concurrent" in message.lower():
        return TooBusy(
            "Salesforce is answering as many long calls at once as it allows; try again in a moment.",
            retry_after=retry_after,
        )
    return QuotaSpent(
        "The organisation has used up its API calls of the last 24 hours; we go on when there are new ones.",
        retry_after=retry_after,
    )


def _busy_sentence(status: int, code: str) -> str:
    if code == "UNABLE_TO_LOCK_ROW":
        return "Somebody else is changing these records in Salesforce; try again in a moment."
    return f"Salesforce is out of service for the moment ({code or status}); try again later."


def _schema_changed(code: str, message: str, fields: tuple[str, ...], object_name: str) -> SchemaChanged:
    column, kind = _COLUMN.search(message), _TYPE.search(message)
    name = (column or kind or {"object": object_name})["object"]
    field = column["field"] if column else (fields[0] if fields else "")
    if code == "INVALID_TYPE":
        return hidden_object(name, code=code)
    if code == "INVALID_FIELD" and not field:
        # A date in quotes and the like: the field is there, our condition is wrong.
        return SchemaChanged(
            f"Salesforce does not accept the fields asked of {name or 'this object'}: {message[:300]}",
            object=name,
            code=code,
        )
    return hidden_field(name, field, code=code, is_written=code == "INVALID_FIELD_FOR_INSERT_UPDATE")


def hidden_object(name: str, *, code: str | None = None) -> SchemaChanged:
    """Return the exception for an object that is not there for us."""
    return SchemaChanged(
        f"Salesforce has no object {name} that we may see; give the integration user the right to read it.",
        object=name,
        code=code,
    )


def hidden_field(
    name: str, field: str, *, code: str | None = None, is_written: bool = False
) -> SchemaChanged:
    """Return the exception for a field that is not there for us, or not to be written by us."""
    may = "edit" if is_written else "see"
    return SchemaChanged(
        f"Salesforce has no field {field} of {name or 'this object'} that we may {may}; check that it is "
        f"still there and that a permission set lets the integration user {may} it.",
        object=name,
        field=field,
        code=code,
    )
