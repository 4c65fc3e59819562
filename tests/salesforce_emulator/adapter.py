"""Clients of the emulator: sessions that take what is meant for Salesforce to loopback."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET


class LoopbackAdapter(HTTPAdapter):
    """Sends every request to the emulator and says where it was meant to go."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request to the emulator."""
        meant = urlsplit(str(request.url))
        request.headers["X-Original-Url"] = str(request.url)
        request.url = urlunsplit((self.target.scheme, self.target.netloc, meant.path, meant.query, ""))
        kwargs["proxies"] = {}
        kwargs["timeout"] = kwargs.get("timeout") or (3, 30)
        return super().send(request, *args, **kwargs)


def loopback_session(target: str) -> requests.Session:
    """Return a session whose requests all end at the emulator."""
    session = requests.Session()
    session.trust_env = False
    for prefix in ("https://", "http://"):
        session.mount(prefix, LoopbackAdapter(target))
    return session


def plain_client(target: str) -> Salesforce:
    """Return a client of the library as it comes, signed in."""
    return Salesforce(
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        domain="acme.my",
        session=loopback_session(target),
        version="64.0",
    )
