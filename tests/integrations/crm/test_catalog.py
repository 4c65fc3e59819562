"""The catalogue of systems says what the adapters are."""

import inspect

import pytest

from integrations.crm.base import Crm
from integrations.crm.catalog import DUTIES, SYSTEMS
from integrations.crm.folder.client import FolderCrm
from integrations.crm.folder.files import OBJECTS
from integrations.crm.hubspot.client import HubspotCrm
from integrations.crm.hubspot.schema import KINDS, OWNERS


def test_the_duties_are_all_of_the_protocol() -> None:
    named = [part for duty in DUTIES for part in duty.parts]
    members = {name for name, _ in inspect.getmembers(Crm) if not name.startswith("_")}
    members |= set(Crm.__annotations__)
    assert sorted(named) == sorted(members - {"name"})


@pytest.mark.parametrize(("kind", "adapter"), [("hubspot", HubspotCrm), ("folder", FolderCrm)])
def test_an_entry_says_of_bulk_what_the_adapter_says(kind: str, adapter: type) -> None:
    assert SYSTEMS[kind].abilities.has_bulk is adapter.has_bulk
    assert SYSTEMS[kind].title == adapter.name


def test_an_entry_lists_the_objects_of_its_adapter() -> None:
    assert set(SYSTEMS["hubspot"].objects) == {*KINDS, OWNERS}
    assert set(SYSTEMS["folder"].objects) == set(OBJECTS)


@pytest.mark.parametrize("kind", SYSTEMS)
def test_every_system_says_what_it_needs(kind: str) -> None:
    entry = SYSTEMS[kind]
    assert entry.kind == kind
    assert all(need.endswith(".") for need in (*entry.needs, entry.about))
