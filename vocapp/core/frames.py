"""Pages that our own pages show in a frame."""

from flask import Response, make_response

from vocapp.core.web import CONTENT_SECURITY_POLICY

_OWN_PAGE = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
# A mail brings inline styles and nothing else: no script runs, nothing is fetched, no link leads anywhere.
_MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


def framed_page(html: str) -> Response:
    """Return one of our pages so that another of ours may show it in a frame."""
    return _framed(html, _OWN_PAGE)


def framed_mail(html: str) -> Response:
    """Return a mail's HTML as a mail program would show it, harmless whatever it holds."""
    return _framed(html, _MAIL)


def _framed(html: str, policy: str) -> Response:
    response = make_response(html)
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
