"""Calls to HubSpot over HTTP: timeouts, a count, the allowance of the day, patience with reads."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from integrations.crm.base import Access, NoAccess, TooBusy, pause_after
from integrations.crm.hubspot.access import HubspotAccess
from integrations.crm.hubspot.refusals import PASSING, error_for
from integrations.crm.records import Usage

_TIMEOUTS = (5.0, 60.0)
_ATTEMPTS = 5
# Longer waits are the caller's business: it has other work to do meanwhile.
_LONGEST_PAUSE = timedelta(seconds=30)
_DAILY = "X-HubSpot-RateLimit-Daily"
_REMAINING = "X-HubSpot-RateLimit-Daily-Remaining"


@dataclass(frozen=True, slots=True)
class Answer:
    """What HubSpot said: JSON, and its clock, whole seconds in UTC; `is_partial` when not all was done."""

    body: Mapping[str, Any]
    at: datetime | None
    is_partial: bool = False


class Wire:
    """One connection to HubSpot. `sleep` waits some seconds; `spread` gives a random share of 0-1."""

    def __init__(
        self,
        access: HubspotAccess,
        *,
        timeouts: tuple[float, float] = _TIMEOUTS,
        sleep: Callable[[float], None] = time.sleep,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.calls = 0
        self.usage = Usage(allowed=None, used=None)
        self._base_url = access.base_url
        self._timeouts = timeouts
        self._sleep = sleep
        self._spread = spread
        self._session = requests.Session()
        # Neither proxies nor .netrc of whoever runs us may see or replace the token.
        self._session.trust_env = False
        self._session.headers.update(
            {"Authorization": f"Bearer {access.token.strip()}", "Accept": "application/json"}
        )

    def close(self) -> None:
        """Let go of the connection; the next call opens a new one."""
        self._session.close()

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Ask something that changes nothing, up to five times while the trouble is a passing one."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._call(method, path, params=params, body=body)
            except TooBusy as error:
                pause = pause_after(attempt, asked=error.retry_after, spread=self._spread())
                if attempt >= _ATTEMPTS or pause > _LONGEST_PAUSE:
                    raise
                self._sleep(pause.total_seconds())

    def write(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send something that changes records, once.

        Raises `TooBusy` for refusals that pass and when nobody knows whether it happened.
        """
        return self._call("POST", path, params=None, body=body)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
    ) -> Answer:
        self.calls += 1
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                params=dict(params) if params else None,
                json=body,
                timeout=self._timeouts,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError:
            # The original error holds the whole address; ours is enough.
            raise NoAccess(
                "The certificate of HubSpot's address is not one we trust.",
                access=Access.WRONG_ADDRESS,
                hint="Look whether a proxy between here and HubSpot replaces certificates.",
            ) from None
        except (requests.exceptions.RequestException, OSError):
            raise TooBusy("The line to HubSpot broke or it took too long to answer.") from None
        self._listen(response)
        found = _json_of(response)
        if response.status_code >= 400:
            raise error_for(response.status_code, found or {}, path=path, asked=_asked(response))
        if found is None:
            raise TooBusy("HubSpot answered with something that is no JSON; the sync tries again later.")
        return Answer(found, _clock_of(response), is_partial=response.status_code == 207)

    def _listen(self, response: requests.Response) -> None:
        allowed, remaining = response.headers.get(_DAILY, ""), response.headers.get(_REMAINING, "")
        if allowed.isdecimal() and remaining.isdecimal():
            self.usage = Usage(allowed=int(allowed), used=max(0, int(allowed) - int(remaining)))


def _json_of(response: requests.Response) -> Mapping[str, Any] | None:
    if response.status_code in range(300, 400):
        return None
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _asked(response: requests.Response) -> timedelta | None:
    written = response.headers.get("Retry-After", "")
    if response.status_code in PASSING and written.isdecimal() and len(written) < 7:
        return timedelta(seconds=int(written))
    return None


def _clock_of(response: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None
