"""Fetching and sending pages in tests of campaigns."""

from tests.conftest import CheckingClient


def page(client: CheckingClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, " ".join(response.get_data(as_text=True).split("<h1>")[1:])[:200]
    return response.get_data(as_text=True)


def send(client: CheckingClient, address: str, status: int = 302, **fields: object) -> str:
    response = client.post(address, data=fields)
    assert response.status_code == status, " ".join(response.get_data(as_text=True).split("<h1>")[1:])[:200]
    return response.headers.get("Location") or response.get_data(as_text=True)
