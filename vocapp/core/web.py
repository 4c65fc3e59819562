"""What every page stands on: security headers, paging, sorting, addresses that go into mails."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, request
from sqlalchemy import Select, func, select
from sqlalchemy.sql.elements import ColumnElement
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

from vocapp.core.db import db, mark_request_read_only
from vocapp.core.gateways import gateways

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

PAGE_SIZE = 50
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class Page:
    """One page of a long list; `items` are ORM rows or result tuples."""

    items: Sequence[Any]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def page_of(
    statement: Select[Any],
    *,
    number: int,
    size: int = PAGE_SIZE,
    scalars: bool = True,
    total: int | None = None,
) -> Page:
    """Return page `number` (1-based; out of range gives the nearest) of a statement that has an order.

    `total` is how many rows it finds, where that is known already.
    """
    total = count_of(statement) if total is None else total
    number = min(max(number, 1), max(1, -(-total // size)))
    result = db.session.execute(statement.limit(size).offset((number - 1) * size)).unique()
    return Page(result.scalars().all() if scalars else result.all(), number, size, total)


def count_of(statement: Select[Any]) -> int:
    """Return how many rows a statement finds."""
    return db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0


def list_page(items: Sequence[Any], *, number: int, size: int = PAGE_SIZE) -> Page:
    """Return page `number` (1-based; out of range gives the nearest) of a list that is in memory anyway."""
    number = min(max(number, 1), max(1, -(-len(items) // size)))
    return Page(items[(number - 1) * size : number * size], number, size, len(items))


def requested_page() -> int:
    """Return the page number the address asks for; nonsense counts as 1."""
    return request.args.get("page", 1, type=int) or 1


def requested_order(
    columns: Mapping[str, ColumnElement[Any] | Any], *, default: str
) -> tuple[str, ColumnElement[Any]]:
    """Return the sort key the address asks for (`sort=name` or `sort=-name`) and its column expression.

    Unknown keys fall back to `default`. Nulls come last either way.
    """
    wanted = request.args.get("sort", default)
    key = wanted.removeprefix("-")
    if key not in columns:
        wanted, key = default, default.removeprefix("-")
    column = columns[key]
    ordered = column.desc() if wanted.startswith("-") else column.asc()
    return wanted, ordered.nulls_last()


def is_htmx() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def absolute_url(endpoint: str, **values: Any) -> str:
    """Return an address for mails and PDFs, built on the base URL setting and never on the request's Host.

    Works outside a request, too.
    """
    return gateways().settings.base_url + current_app.url_map.bind("").build(endpoint, values)


class RowNumber(IntegerConverter):
    """A row's id in an address: a number that no row can have leads to no page."""

    def __init__(self, url_map: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(url_map, *arguments, **{"max": LARGEST_ID, **options})


class Word(UnicodeConverter):
    """A word in an address: one with a NUL, which no database can be asked for, leads to no page."""

    def __init__(self, url_map: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(url_map, *arguments, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")


def row_id(text: str) -> int:
    """Return the row id that a text from outside names; raises ValueError for what no row can have."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError("no row has this number")
    return number


def requested_id(name: str) -> int | None:
    """Return the row id a filter in the address asks for; None for none and for nonsense."""
    return request.args.get(name, type=row_id)


def requested_text(name: str) -> str:
    """Return the text a filter in the address asks for, without what no database can hold; empty for none."""
    return "".join(mark for mark in request.args.get(name, "") if mark.isprintable()).strip()


def requested_next(*, default: str) -> str:
    """Return where the address says to go on (`next`), if that is a path of this application, else `default`.

    A backslash or a second slash would lead to another host, a control character past a check.
    """
    wanted = request.values.get("next", "")
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if is_path and "\\" not in wanted and wanted.isprintable() else default


def init_web(app: Flask) -> None:
    """Attach the read-only mark and the security headers to every request."""
    app.url_map.converters.update({"int": RowNumber, "default": Word, "string": Word})

    @app.before_request
    def _mark_read_only() -> None:
        # Made here, never taken from the request: whoever sends one could forge lines of the log.
        bind_contextvars(request_id=secrets.token_hex(8))
        mark_request_read_only(request.method in SAFE_METHODS)

    @app.teardown_request
    def _forget_mark(_error: BaseException | None) -> None:
        mark_request_read_only(False)
        unbind_contextvars("request_id")

    @app.after_request
    def _secure(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-ID"] = get_contextvars().get("request_id", "")
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
            headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.endpoint == "static":
            # Every static address changes with its content.
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers.setdefault("Cache-Control", "no-store")
        if gateways().settings.is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response
