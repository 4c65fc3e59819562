"""Long lists, some at a time: a cursor says after which row the next ones come."""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Select

from vocapp.api.problems import Problem
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.web import LARGEST_ID

LARGEST_PAGE = 200
USUAL_PAGE = 50
NOT_A_CURSOR = "Take the cursor out of next, with the same filters."


def page_after(statement: Select[Any], row_id: Any) -> dict[str, Any]:
    """Return a page of a statement, whatever its order, as `{"items": rows, "next": address or None}`.

    Rows come in the order in which they were made, so new ones follow at the end: whoever goes on from page
    to page meets each row once, whatever is added meanwhile. `cursor` and `limit` are read from the address.
    """
    limit = request.args.get("limit", USUAL_PAGE, type=int)
    after = _row_before(request.args.get("cursor", ""))
    wanted = statement.where(row_id > after).order_by(None).order_by(row_id).limit(limit + 1)
    rows: Sequence[Any] = db.session.scalars(wanted).unique().all()
    has_more = len(rows) > limit
    return {"items": rows[:limit], "next": _address_after(rows[limit - 1].id) if has_more else None}


def single(statement: Select[Any], row_id: Any, wanted: int) -> Any:
    """Return the row of a statement with an id, or None."""
    return db.session.scalars(statement.where(row_id == wanted)).unique().one_or_none()


def _row_before(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        filters, row_id = _serializer().loads(cursor)
    except (BadSignature, ValueError, TypeError):
        raise _not_a_cursor() from None
    if filters != _filters() or not isinstance(row_id, int) or not 0 < row_id <= LARGEST_ID:
        raise _not_a_cursor()
    return row_id


def _not_a_cursor() -> Problem:
    return Problem(422, NOT_A_CURSOR, errors=[{"parameter": "cursor", "detail": NOT_A_CURSOR}])


def _address_after(row_id: int) -> str:
    arguments = {name: value for name, value in request.args.items() if name != "cursor"}
    arguments["cursor"] = _serializer().dumps([_filters(), row_id])
    return f"{gateways().settings.base_url}{request.path}?{urlencode(arguments)}"


def _filters() -> str:
    """Return a short name for what a list was asked for, beside where it goes on."""
    named = sorted((name, value) for name, value in request.args.items() if name not in {"cursor", "limit"})
    return hashlib.sha256(repr((request.path, named)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(gateways().settings.secret_key, salt="api cursor")
