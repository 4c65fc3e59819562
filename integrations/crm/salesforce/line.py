"""The line to Salesforce: one call at a time, signed in, tried again where that is safe."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from integrations.crm.base import Access, NoAccess, TooBusy, pause_after
from integrations.crm.salesforce.access import Flow, SalesforceAccess
from integrations.crm.salesforce.auth import CallRefused, Door, Token, open_door, sign_in
from integrations.crm.salesforce.errors import details, expired, from_answer
from integrations.crm.salesforce.session import Ear, Timeouts, make_session, plain_errors

Answer = TypeVar("Answer")
# Name → (file name or None, content, type of content).
Files = Mapping[str, tuple[str | None, str | bytes, str]]

_TRIES = 4
_LONGEST_PAUSE = timedelta(seconds=30)


class Line:
    """Calls with the same token until Salesforce refuses it. For one thread at a time."""

    def __init__(
        self,
        access: SalesforceAccess,
        *,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = access
        self.ear = Ear()
        self.sleep = sleep
        self._session = make_session(self.ear, emulator_url=access.emulator_url, timeouts=timeouts)
        self._token: Token | None = None
        self._door: Door | None = None
        self._refresh_token = access.refresh_token

    def __repr__(self) -> str:
        return f"Line({self.access.domain})"

    def close(self) -> None:
        """Hang up. A later call opens a new connection."""
        self._session.close()

    def token(self) -> Token:
        """Return the token in use, signing in when there is none yet."""
        if self._token is None:
            self._patiently(self._sign_in)
        assert self._token is not None
        return self._token

    def read(self, path: str, params: Mapping[str, str] | None = None, *, object_name: str = "") -> Any:
        """Return the JSON of a GET; see `call`."""
        return self.send("GET", path, params=params, object_name=object_name)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        files: Files | None = None,
        headers: Mapping[str, str | None] | None = None,
        object_name: str = "",
        is_repeatable: bool = True,
    ) -> Any:
        """Return the JSON of a call, None for an empty answer; see `call`."""
        if files is not None:
            # The form's own type names its boundary.
            headers = {**(headers or {}), "Content-Type": None}

        def parsed(response: requests.Response) -> Any:
            if not response.content:
                return None
            try:
                return response.json()
            except ValueError:
                raise TooBusy(
                    "Salesforce answered with something that is no answer; try again later."
                ) from None

        return self.call(
            method,
            path,
            parsed,
            params=params,
            json=json,
            files=files,
            headers=headers or {},
            object_name=object_name,
            is_repeatable=is_repeatable,
        )

    def call(
        self,
        method: str,
        path: str,
        parsed: Callable[[requests.Response], Answer],
        *,
        object_name: str = "",
        is_repeatable: bool = True,
        **request: Any,
    ) -> Answer:
        """Make a call to a path under the API's version, or to an absolute one, and return its parsed answer.

        Only with `is_repeatable` it is sent again after an outage, a broken line or a lock: three times at
        most, with growing pauses or the one asked for. A refused token is renewed once in any case, for then
        nothing has happened yet. Raises NoAccess, QuotaSpent, TooBusy, SchemaChanged or Rejected.
        """

        def once() -> Answer:
            return parsed(self._signed_in(method, path, object_name, request))

        return self._patiently(once) if is_repeatable else once()

    def look(self, path: str) -> Any:
        """Return the JSON of a GET that needs no token and counts as no call."""
        with plain_errors():
            host = self._token.instance if self._token else f"{self.access.domain}.salesforce.com"
            response = self._session.get(f"https://{host}{path}")
        try:
            content = response.json()
        except ValueError:
            content = None
        if response.status_code >= 300 or content is None:
            if response.status_code < 300 or response.status_code == 404:
                raise NoAccess(
                    "What answers at this address does not speak like Salesforce.",
                    access=Access.WRONG_ADDRESS,
                    hint="Check the My Domain in the connection's settings.",
                )
            raise from_answer(response.status_code, content, retry_after=self.ear.retry_after)
        return content

    def _patiently(self, act: Callable[[], Answer]) -> Answer:
        for attempt in range(1, _TRIES + 1):
            try:
                return act()
            except TooBusy as busy:
                spread = random.random()  # noqa: S311 - spreads tries in time, guards nothing
                pause = pause_after(attempt, asked=busy.retry_after, spread=spread)
                if attempt == _TRIES or pause > _LONGEST_PAUSE:
                    raise
            self.sleep(pause.total_seconds())
        raise AssertionError("The last try returns or raises.")

    def _signed_in(
        self, method: str, path: str, object_name: str, request: Mapping[str, Any]
    ) -> requests.Response:
        is_new = self._token is None
        if is_new:
            self._sign_in()
        try:
            return self._once(method, path, object_name, request)
        except NoAccess as refused:
            if refused.access is not Access.EXPIRED:
                raise
            # Whatever comes next begins with a new token.
            self._token = None
            if is_new:
                raise
        self._sign_in()
        try:
            return self._once(method, path, object_name, request)
        except NoAccess:
            self._token = None
            raise

    def _once(
        self, method: str, path: str, object_name: str, request: Mapping[str, Any]
    ) -> requests.Response:
        door = self._door
        assert door is not None
        url = f"https://{door.sf_instance}{path}" if path.startswith("/") else f"{door.base_url}{path}"
        with plain_errors():
            try:
                # Of the library's ways of calling, this one alone takes any address and body, CSV too.
                return door._call_salesforce(method, url, **request)
            except CallRefused as error:
                content, status = error.content, error.status
        if status == 401:
            code, message, _ = details(content)
            raise expired(code, message)
        raise from_answer(status, content, retry_after=self.ear.retry_after, object_name=object_name)

    def _sign_in(self) -> None:
        with plain_errors():
            if self.access.flow is Flow.WEB_SERVER:
                self._token = self._renewed()
            else:
                self._token = sign_in(self.access, self._session, self.ear)
        self._door = open_door(self._token, self._session, self.access.api_version)

    def _renewed(self) -> Token:
        """Trade the refresh token, keeping its successor before anything else is done."""
        used = self._newest_refresh_token()
        try:
            token = sign_in(self.access, self._session, self.ear, refresh_token=used)
        except NoAccess as refused:
            newer = self._newest_refresh_token()
            # Another process may have traded it a moment ago and stored its successor.
            if refused.access is not Access.REVOKED or newer == used:
                raise
            used = newer
            token = sign_in(self.access, self._session, self.ear, refresh_token=used)
        successor = str((self.ear.token or {}).get("refresh_token") or used)
        if successor != used:
            self._refresh_token = successor
            if self.access.on_new_refresh_token is not None:
                self.access.on_new_refresh_token(successor)
        return token

    def _newest_refresh_token(self) -> str:
        read = self.access.read_refresh_token
        return (read() if read is not None else "") or self._refresh_token


def checked_path(path: object) -> str:
    """Return an address that Salesforce gave for the next page, if it leads to its API. Raises TooBusy."""
    text = str(path)
    if not text.startswith("/services/data/") or urlsplit(text).netloc:
        raise TooBusy("Salesforce named a next page that is none; try again later.")
    return text
