"""The database: base class, column types, and the only place that commits.

On SQLite a transaction that may write begins as `BEGIN IMMEDIATE`: it waits its turn at the start, instead of
losing an update at the end. A GET request (and `reading()`) begins plainly, blocks nobody, and cannot write;
what is noted beside its page (`noting()`) is the one exception.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Table,
    TypeDecorator,
    event,
    func,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, registry
from sqlalchemy.pool import ConnectionPoolEntry

log = structlog.get_logger()

_is_read_only: ContextVar[bool] = ContextVar("is_read_only", default=False)
_is_in_passing: ContextVar[bool] = ContextVar("is_in_passing", default=False)

SQLITE_BUSY_SECONDS = 30
# How long a PostgreSQL server that says nothing is believed in. The address of the database may name others.
POSTGRESQL_PATIENCE = {
    "connect_timeout": 5,
    # A silent connection is asked after 10 seconds whether it is there, and given up when three answers fail.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # What was sent and nobody received; without it, a statement under way would wait a quarter of an hour.
    "tcp_user_timeout": 20_000,
}
POOL_SECONDS = 10
# How long a page may be held up by something small that is noted beside it.
PASSING_MILLISECONDS = 250


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; naive times are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time reached the database: {value!r}")
        return (
            value.astimezone(UTC) if dialect.name != "sqlite" else value.astimezone(UTC).replace(tzinfo=None)
        )

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """Read as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table, with one naming convention for constraints."""

    # Given as a registry: Flask-SQLAlchemy copies the attributes of this class, and a copied
    # `type_annotation_map` beside a copied registry is refused.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON},
    )


db = SQLAlchemy(model_class=Base)


def engine_options(database_url: str) -> dict[str, Any]:
    """Return what SQLAlchemy needs to know to open this database; values stay out of error messages."""
    if database_url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False},
        }
    named = make_url(database_url).query
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": POOL_SECONDS,
        "connect_args": {name: value for name, value in POSTGRESQL_PATIENCE.items() if name not in named},
    }


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # We say BEGIN ourselves, below.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("casefold", 1, _casefold, deterministic=True)


def _casefold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    is_sqlite, is_in_passing = connection.dialect.name == "sqlite", _is_in_passing.get()
    if is_sqlite and is_in_passing:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={PASSING_MILLISECONDS}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={SQLITE_BUSY_SECONDS * 1000}")
    elif is_sqlite:
        connection.exec_driver_sql("BEGIN" if _is_read_only.get() else "BEGIN IMMEDIATE")
    elif is_in_passing:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PASSING_MILLISECONDS}")


@event.listens_for(Session, "before_flush")
def _refuse_to_write_while_reading(session: Session, _context: object, _instances: object) -> None:
    if _is_read_only.get() and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a read-only request tried to write")


@event.listens_for(Session, "do_orm_execute")
def _refuse_statements_that_write_while_reading(state: ORMExecuteState) -> None:
    if _is_read_only.get() and (state.is_insert or state.is_update or state.is_delete):
        raise RuntimeError("a read-only request tried to write")


@contextmanager
def reading() -> Iterator[Session]:
    """Read one consistent state without holding up anybody who writes."""
    db.session.rollback()
    mark = _is_read_only.set(True)
    try:
        yield db.session()
    finally:
        # The rollback fails with a database that went away; the thread may write again all the same.
        _is_read_only.reset(mark)
        db.session.rollback()


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit everything written inside, or nothing.

    The only way to write: services flush, and the view, workflow or command that called them owns this block.
    """
    if _is_read_only.get():
        raise RuntimeError("a read-only request tried to write")
    session = db.session()
    if session.info.get("is_in_transaction"):
        raise RuntimeError("transactions do not nest: the outer block owns the commit")
    session.info["is_in_transaction"] = True
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["is_in_transaction"] = False


@contextmanager
def noting() -> Iterator[Session]:
    """Write something small in passing, after a page that only reads has been made.

    In a transaction of its own. Where the database is busy or away nothing is written, and nobody is told:
    the page matters more. What was read before is read anew.
    """
    session = db.session()
    session.rollback()
    read_only, in_passing = _is_read_only.set(False), _is_in_passing.set(True)
    try:
        with transaction():
            yield session
    except (OperationalError, PoolTimeout) as error:
        log.info("not_noted", error=type(error).__name__)
    finally:
        _is_in_passing.reset(in_passing)
        _is_read_only.reset(read_only)


def insert_new(table: type[Base] | Table) -> SqliteInsert | PostgresqlInsert:
    """Return an insert that can say `on_conflict_do_nothing` or `on_conflict_do_update` on this database."""
    return sqlite_insert(table) if db.engine.dialect.name == "sqlite" else postgresql_insert(table)


def contains_text(column: ColumnElement[str] | Any, text: str) -> ColumnElement[bool]:
    """Return whether a text column contains a text, in any case and script; wildcards are plain letters."""
    return _folded(column).contains(text.strip().casefold(), autoescape=True)


def is_same_text(column: ColumnElement[str] | Any, text: str) -> ColumnElement[bool]:
    """Return whether a text column holds this text, in any case and script."""
    return _folded(column) == text.strip().casefold()


def _folded(column: ColumnElement[str] | Any) -> ColumnElement[str]:
    # SQLite's own lower() knows ASCII only.
    return func.casefold(column) if db.engine.dialect.name == "sqlite" else func.lower(column)


def mark_request_read_only(is_read_only: bool) -> None:
    """Say at the start of a request whether it may write."""
    _is_read_only.set(is_read_only)
