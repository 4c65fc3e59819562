"""What a person's browser does on the way to the provider and back."""

from urllib.parse import parse_qs, urlsplit

import requests
from werkzeug.test import TestResponse

from tests.conftest import CheckingClient


def begin(client: CheckingClient, next_path: str | None = None) -> str:
    """Press the button; returns where the provider sends the browser back to."""
    query = {} if next_path is None else {"next": next_path}
    sent = client.get("/sign-in/oidc", query_string=query)
    assert sent.status_code == 302
    vouched = requests.get(sent.headers["Location"], allow_redirects=False, timeout=5)
    assert vouched.status_code == 302
    return vouched.headers["Location"]


def come_back(client: CheckingClient, address: str, **changes: str) -> TestResponse:
    """Follow the provider's way back, with some parts of the address changed."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://127.0.0.1:8000/sign-in/oidc/callback"
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return client.get(parts.path, query_string={**query, **changes})


def sign_in(client: CheckingClient, next_path: str | None = None) -> TestResponse:
    return come_back(client, begin(client, next_path))


def is_signed_in(client: CheckingClient) -> bool:
    return client.get("/accounts").status_code == 200


def refused_with(client: CheckingClient, answer: TestResponse) -> str:
    """The sign-in page that somebody who was refused sees."""
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).path == "/login"
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert not is_signed_in(client)
    return page.get_data(as_text=True)
