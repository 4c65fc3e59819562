"""The emulator refuses what HubSpot would not understand."""

import subprocess
import sys
from typing import Any

import pytest
import requests

from tests.hubspot_emulator.server import TOKEN, HubspotEmulator

CONTACTS = "/crm/v3/objects/contacts"


def ask(emulator: HubspotEmulator, method: str, path: str, body: Any = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return session.request(method, emulator.url + path, json=body, headers=headers, timeout=5)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{CONTACTS}/search", {"limit": 201}),
        (f"{CONTACTS}/search", {"sort": []}),
        (f"{CONTACTS}/search", {"sorts": [{"propertyName": "email"}, {"propertyName": "firstname"}]}),
        (f"{CONTACTS}/search", {"after": "9999", "limit": 2}),
        (f"{CONTACTS}/search", {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ"}]}]}),
        (f"{CONTACTS}/batch/read", {"inputs": [{"id": str(number)} for number in range(101)]}),
        (f"{CONTACTS}/batch/read", {"inputs": [{"id": "1"}], "idProperty": "firstname"}),
        (f"{CONTACTS}/batch/update", {"inputs": [{"properties": {}}]}),
        (f"{CONTACTS}/batch/upsert", {"inputs": [{"id": "1", "properties": {"nope": "x"}}]}),
        (f"{CONTACTS}/batch/create", {"inputs": []}),
    ],
)
def test_what_makes_no_sense_is_refused(emulator: HubspotEmulator, path: str, body: Any) -> None:
    emulator.store.create("contacts", {"firstname": "Ann"})
    assert ask(emulator, "POST", path, body).status_code == 400


def test_an_unknown_address_is_not_there(emulator: HubspotEmulator) -> None:
    assert ask(emulator, "GET", "/crm/v3/objects/tickets").status_code == 404


def test_calls_beyond_the_cap_fail(emulator: HubspotEmulator) -> None:
    emulator.most_calls = 1
    answers = [ask(emulator, "GET", CONTACTS).status_code for _ in range(2)]
    assert answers == [200, 500]


def test_it_runs_by_hand_with_a_believable_account() -> None:
    command = [sys.executable, "-m", "tests.hubspot_emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        words = running.stdout.readline()
        url = words.split()[3].rstrip(",")
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"Bearer {TOKEN}"}
            found = session.get(f"{url}/crm/v3/objects/companies", headers=headers, timeout=5).json()
        running.terminate()
    assert len(found["results"]) == 4
