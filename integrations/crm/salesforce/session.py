"""The HTTP session: time limits on every call, and an ear for what the headers of every answer say."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from integrations.crm.base import Access, NoAccess, TooBusy
from integrations.crm.records import Usage
from integrations.crm.salesforce import token_errors
from integrations.crm.salesforce.errors import moved

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - an address, not a secret
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
_SECONDS = re.compile(r"\d{1,6}")
_LONGEST_TOKEN_ANSWER = 100_000


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a connection and for an answer; Salesforce itself gives a query up after 120."""

    connect: float = 10.0
    read: float = 130.0


class Ear:
    """What was heard in the latest answers, errors included, and how many calls were made."""

    def __init__(self) -> None:
        self.calls = 0
        self.usage: Usage | None = None
        self.date: datetime | None = None
        self.retry_after: timedelta | None = None
        self.token: Mapping[str, object] | None = None

    def count(self, url: str) -> None:
        """Count a call that is about to be sent, if it is one that Salesforce counts."""
        self.calls += urlsplit(url).path.rstrip("/").startswith("/services/data/")

    def forget_token(self) -> None:
        """Forget the token answer heard last, so that the next one cannot be taken for it."""
        self.token = None

    def hear(self, response: requests.Response, **_: object) -> None:
        """Take note of an answer. Raises what a token answer without a token means.

        simple-salesforce sees neither headers of errors nor anything of bulk calls, so this is the only place
        that does. It also would print the consumer key in a warning, and trip over token answers in HTML.
        """
        self.date = _date(response.headers.get("Date"))
        self.retry_after = _wait(response.headers.get("Retry-After"), self.date)
        found = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if found:
            self.usage = Usage(allowed=int(found[2]), used=int(found[1]))
        if urlsplit(response.url or "").path == TOKEN_PATH:
            self.token = _token_answer(response, self.retry_after)


def make_session(ear: Ear, *, emulator_url: str = "", timeouts: Timeouts | None = None) -> requests.Session:
    """Return a session that speaks https only, follows no redirect and reads nothing of the environment.

    With an emulator, which has to be on this machine, every address leads there instead.
    """
    session = requests.Session()
    # Neither .netrc nor proxy variables: a stray one would send our tokens elsewhere.
    session.trust_env = False
    # A redirect would turn a POST into a GET; an organisation that has moved is a matter for people.
    session.max_redirects = 0
    session.hooks["response"].append(ear.hear)
    session.adapters.clear()
    adapter = _Adapter(ear, timeouts or Timeouts())
    if emulator_url:
        adapter = _EmulatorAdapter(ear, timeouts or Timeouts(), emulator_url)
        session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what requests raises into our errors, without addresses and bodies: they hold secrets."""
    try:
        yield
    except requests.TooManyRedirects:
        raise moved() from None
    except requests.exceptions.SSLError:
        raise NoAccess(
            "The connection to Salesforce is not safe: its certificate cannot be verified.",
            access=Access.WRONG_ADDRESS,
            hint="Check the My Domain, this computer's clock, and whether a proxy opens connections.",
        ) from None
    except requests.Timeout:
        raise TooBusy("Salesforce did not answer in time; try again later.") from None
    except requests.RequestException:
        raise TooBusy(
            "Salesforce cannot be reached, or hung up; check the My Domain and the network if this stays so."
        ) from None


class _Adapter(HTTPAdapter):
    """Counts every call and gives it a time limit, for simple-salesforce sets none."""

    def __init__(self, ear: Ear, timeouts: Timeouts) -> None:
        self._ear = ear
        self._timeouts = (timeouts.connect, timeouts.read)
        super().__init__()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self._ear.count(request.url or "")
        # What the last answer asked for says nothing about a call that gets none.
        self._ear.retry_after = None
        limits = timeout or self._timeouts
        return super().send(request, stream=stream, timeout=limits, verify=verify, cert=cert, proxies=proxies)


class _EmulatorAdapter(_Adapter):
    """Leads every address to a server on this machine; the original one stands in a header."""

    def __init__(self, ear: Ear, timeouts: Timeouts, target: str) -> None:
        self._target = urlsplit(target)
        if self._target.hostname != "127.0.0.1":
            raise ValueError("The emulator has to be on this machine, at 127.0.0.1.")
        super().__init__(ear, timeouts)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - there is none on the way to oneself
    ) -> requests.Response:
        original = request.url or ""
        parts = urlsplit(original)
        request.headers["X-Original-Url"] = original
        request.url = urlunsplit((self._target.scheme, self._target.netloc, parts.path, parts.query, ""))
        return super().send(request, stream=stream, timeout=timeout, verify=verify, cert=cert)


def _token_answer(response: requests.Response, retry_after: timedelta | None) -> Mapping[str, object]:
    # Read to its end, or its connection would stay open for good when we raise.
    length = len(response.content)
    if 300 <= response.status_code < 400:
        raise moved()
    try:
        answer = response.json() if length <= _LONGEST_TOKEN_ANSWER else None
    except ValueError:
        answer = None
    if response.status_code == 200 and isinstance(answer, dict):
        known: dict[str, object] = answer
        if known.get("access_token") and known.get("instance_url"):
            return known
    error = token_errors.from_token_answer(response.status_code, answer)
    if isinstance(error, TooBusy):
        error.retry_after = retry_after
    raise error


def _date(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wait(header: str | None, heard_at: datetime | None) -> timedelta | None:
    """Return the pause asked for in seconds, or until a date by the other side's own clock."""
    if not header:
        return None
    if _SECONDS.fullmatch(header.strip()):
        return timedelta(seconds=int(header))
    until = _date(header)
    return max(until - heard_at, timedelta(0)) if until and heard_at else None
