"""Who we are in Salesforce, where that is, and how many calls are left."""

from datetime import datetime

from integrations.crm.base import Access, NoAccess
from integrations.crm.records import Identity, Usage
from integrations.crm.salesforce.line import Line
from integrations.errors import Rejected

_VERSIONS = "/services/data"


def read_identity(line: Line) -> Identity:
    """Return organisation and user from the token, and whether it is a sandbox."""
    token = line.token()
    return Identity(token.organisation, token.user_id, _is_sandbox(line), f"https://{host(line)}")


def host(line: Line) -> str:
    """Return the organisation's own host name; signs in only where the settings do not know it."""
    if line.access.domain in ("login", "test"):
        return line.token().instance
    return f"{line.access.domain}.salesforce.com"


def read_versions(line: Line) -> list[str]:
    """Return the API versions on offer, such as "64.0"; spends no call of the day."""
    return [str(one.get("version")) for one in line.look(_VERSIONS) if isinstance(one, dict)]


def read_clock(line: Line) -> datetime:
    """Return Salesforce's clock, to the second; spends no call of the day."""
    line.look(_VERSIONS)
    if line.ear.date is None:
        raise NoAccess(
            "Salesforce does not say what time it is.",
            access=Access.CLOCK,
            hint="Check whether a proxy between here and Salesforce takes headers away.",
        )
    return line.ear.date


def read_usage(line: Line) -> Usage:
    """Ask for the calls of the day."""
    calls = line.read("limits/").get("DailyApiRequests") or {}
    allowed, remaining = calls.get("Max"), calls.get("Remaining")
    if allowed is None or remaining is None:
        return line.ear.usage or Usage(allowed=None, used=None)
    line.ear.usage = Usage(allowed=int(allowed), used=int(allowed) - int(remaining))
    return line.ear.usage


def _is_sandbox(line: Line) -> bool:
    try:
        answer = line.read("query", {"q": "SELECT IsSandbox FROM Organization LIMIT 1"})
    except NoAccess:
        raise
    except Rejected:
        # Not everybody may read it; the addresses know the usual sandboxes.
        return line.access.is_sandbox_address or line.token().issued_by == "test.salesforce.com"
    return bool(answer["records"] and answer["records"][0]["IsSandbox"])
