"""How often somebody may try: counters behind the pages that invite guessing.

Counters live in the memory of each process, or in Redis when that is the broker: only there do several web
processes count together.
"""

import math
import time
from typing import cast

import structlog
from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse_many
from limits.errors import StorageError
from werkzeug.exceptions import TooManyRequests

log = structlog.get_logger()

EXTENSION_KEY = "vocapp.limiter"

# Per address. A whole office may stand behind one, so these stop machines and not colleagues.
LIMITED_FORMS = {
    "security.login": "20 per minute; 200 per hour",
    "security.forgot_password": "10 per minute; 50 per hour",
    "security.reset_password": "10 per minute; 50 per hour",
    "security.two_factor_token_validation": "10 per minute; 50 per hour",
    "security.two_factor_rescue": "10 per minute; 50 per hour",
    "security.verify": "20 per minute; 200 per hour",
    "accounts.import_start": "20 per minute; 200 per hour",
    "exchange.take_in": "20 per minute; 200 per hour",
}


def init_limits(app: Flask, broker_url: str | None) -> None:
    """Set the counters up, and put them in front of the forms of the sign-in."""
    is_redis = broker_url is not None and broker_url.startswith("redis")
    app.extensions[EXTENSION_KEY] = Limiter(
        get_remote_address,
        app=app,
        storage_uri=broker_url if is_redis else "memory://",
        storage_options={"wrap_exceptions": True},
        strategy="moving-window",
    )

    @app.before_request
    def _refuse_hammering() -> None:
        form = request.endpoint or ""
        if request.method == "POST" and form in LIMITED_FORMS:
            count_try(LIMITED_FORMS[form], what=form, who=visitor_address())


LOOPBACK = frozenset({"127.0.0.1", "::1"})


def visitor_address() -> str:
    """Return the network address the request came from.

    A web server in front of us on this machine names it in `X-Forwarded-For`; from anybody else that header
    is a claim, and is not believed.
    """
    address = get_remote_address()
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and address in LOOPBACK else address


def count_try(limits: str, *, what: str, who: str) -> None:
    """Count one try of somebody at something; ends in a 429 with Retry-After above any of the limits.

    `limits` reads like "30 per minute; 300 per hour". `who` may be any text; what is secret comes hashed.
    """
    if not current_app.config["RATELIMIT_ENABLED"]:
        return
    limiter = cast(Limiter, current_app.extensions[EXTENSION_KEY]).limiter
    try:
        for limit in parse_many(limits):
            if not limiter.hit(limit, what, who):
                wait = limiter.get_window_stats(limit, what, who).reset_time - time.time()
                raise TooManyRequests(retry_after=max(1, math.ceil(wait)))
    except StorageError:
        # An answer must not be lost because a counter is away.
        log.exception("limit_not_counted", what=what)
