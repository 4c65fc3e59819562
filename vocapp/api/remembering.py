"""`Idempotency-Key`: a POST that comes again is answered as the first time, and done once."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, request

from vocapp.api.guard import current_bearer
from vocapp.api.problems import DETAILS, Problem
from vocapp.api.queries import kept_answer
from vocapp.api.rules import IDEMPOTENCY_KEY
from vocapp.api.service import is_first_with_key, keep_answer
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
MISSING = f"Send {HEADER}: up to 200 characters without spaces, new for each thing you want done."
TAKEN = f"This {HEADER} was used for another request; take a new one."


def once_per_key(view: View) -> View:
    """Do what a view does once for each key of a token, in one transaction with the memory of its answer.

    The same request again is answered the same; another one with the same key gets a 409. What was refused is
    not remembered. Two at once: the second waits for the first.
    """

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        key, asked = request.headers.get(HEADER, ""), _fingerprint()
        if not IDEMPOTENCY_KEY.fullmatch(key):
            raise Problem(400, MISSING)
        token_id = current_bearer().token_id
        with transaction():
            if not is_first_with_key(token_id, key, asked=asked, now=utcnow()):
                return _as_before(token_id, key, asked)
            response = current_app.make_response(view(*args, **kwargs))
            keep_answer(
                token_id,
                key,
                status=response.status_code,
                location=response.headers.get("Location", ""),
                body=response.get_data(as_text=True),
            )
            return response

    return cast(View, answer)


def _as_before(token_id: int, key: str, asked: str) -> Response:
    before = kept_answer(token_id, key)
    if before is None or before.asked != asked:
        raise Problem(409, TAKEN)
    response = Response(before.body, status=before.status, mimetype="application/json")
    if before.location:
        response.headers["Location"] = before.location
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _fingerprint() -> str:
    """Return the hash of method, address and body; spaces and the order of fields in a body do not matter."""
    try:
        body = json.dumps(request.get_json(), sort_keys=True)
    except (RecursionError, ValueError):
        raise Problem(400, DETAILS[400]) from None
    asked = "\n".join((request.method, request.full_path, body))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
