"""Where a mail provider reports what became of our mails."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integrations.errors import Retryable
from integrations.mail.providers.catalog import Request
from integrations.mail.providers.report import NotGenuineError, UnreadableError
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.gateways import gateways
from vocapp.core.limits import count_try, visitor_address
from vocapp.inbound.hooks import read_hook, take_report

mail_hooks = Blueprint("mail_hooks", __name__, url_prefix="/hooks/mail")

LARGEST_REPORT = 1024 * 1024
# Only what proves nothing is counted: a wave of mails is reported on as fast as it goes out.
UNPROVED = "60 per minute; 600 per hour"


@mail_hooks.before_request
def limit_size() -> None:
    """Take in no more than any provider sends at once."""
    request.max_content_length = LARGEST_REPORT


@mail_hooks.errorhandler(HTTPException)
def say_why(error: HTTPException) -> ResponseReturnValue:
    """Answer a machine in one plain sentence."""
    return Response(f"{error.description}\n", error.code, error.get_headers(), mimetype="text/plain")


@mail_hooks.post("/<provider>")
def hear(provider: str) -> ResponseReturnValue:
    """Put by what the provider of this installation says; for others this page does not exist."""
    if provider != gateways().settings.delivery.mail_events:
        abort(404)
    now = utcnow()
    try:
        report = read_hook(Request(headers=dict(request.headers), body=request.get_data()), now=now)
    except (NotGenuineError, Retryable) as fault:
        count_try(UNPROVED, what="unproved_report", who=visitor_address())
        abort(503 if isinstance(fault, Retryable) else 403, str(fault))
    except UnreadableError as fault:
        abort(400, str(fault))
    with transaction():
        take_report(provider, report, now=now)
    return "", 200
