"""Who may read the figures to watch."""

import hmac
from urllib.parse import urlsplit

from flask import Request

from vocapp.core.gateways import gateways
from vocapp.core.limits import LOOPBACK

# What a web server in front of us adds: then loopback is where that server is, not who asks.
FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def may_read_metrics(request: Request) -> bool:
    """Whether a request knows `VOCAPP_METRICS_TOKEN`; without that setting, whether it is from this machine.

    The latter only as long as nobody else reaches us: with a public base address there is a web server in
    front of us on this machine, whose every request would look local.
    """
    settings = gateways().settings
    if settings.metrics_token is not None:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode())
    is_private = urlsplit(settings.base_url).hostname in {*LOOPBACK, "localhost"}
    is_forwarded = any(name in request.headers for name in FORWARDING)
    return is_private and not is_forwarded and request.remote_addr in LOOPBACK
