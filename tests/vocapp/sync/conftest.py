"""A Salesforce org on loopback, and the application connected to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask

from tests.builders import a_company
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import FIELDS_OF_OURS, a_connection, settings_of
from vocapp.core.gateways import EXTENSION_KEY


@pytest.fixture
def salesforce() -> Iterator[SalesforceEmulator]:
    """An org with our fields installed, open to the integration user."""
    with SalesforceEmulator() as org:
        for name, fields in FIELDS_OF_OURS.items():
            org.install_fields(name, *fields)
        yield org


@contextmanager
def settings_for_org(app: Flask, org: SalesforceEmulator) -> Iterator[None]:
    """Let an application know how to reach an org."""
    before = app.extensions[EXTENSION_KEY]
    settings = replace(before.settings, salesforce=settings_of(org))
    app.extensions[EXTENSION_KEY] = replace(before, settings=settings)
    yield
    app.extensions[EXTENSION_KEY] = before


@pytest.fixture
def connected(app: Flask, salesforce: SalesforceEmulator) -> Iterator[Flask]:
    """The application, with settings that lead to the org."""
    a_company()
    with settings_for_org(app, salesforce):
        yield app


@pytest.fixture
def connection_id(connected: Flask, salesforce: SalesforceEmulator) -> int:
    """A connection that is mapped as proposed and never ran."""
    return a_connection()
