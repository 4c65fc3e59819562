"""Pages that stand in a frame: in one of our own pages, or in those of others that may show them."""

from collections.abc import Collection

from flask import Response, make_response

from vocapp.core.web import CONTENT_SECURITY_POLICY

_OWN_PAGE = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
# A mail brings inline styles and nothing else: no script runs, nothing is fetched.
_MAIL_CONTENT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
# No link leads anywhere, for previews.
_MAIL = f"{_MAIL_CONTENT}; sandbox"
# Links open in a window of their own, free of the frame's limits.
_MAIL_WITH_LINKS = f"{_MAIL_CONTENT}; sandbox allow-popups allow-popups-to-escape-sandbox"


def framed_page(html: str) -> Response:
    """Return one of our pages so that another of ours may show it in a frame."""
    return _framed(html, _OWN_PAGE)


def allow_in_frames(response: Response, origins: Collection[str]) -> Response:
    """Let pages of exactly these origins show a response of ours in a frame; without any, nobody may.

    `X-Frame-Options` cannot name a page, so where one may, it is left out: browsers go by the policy.
    """
    if origins:
        ancestors = f"frame-ancestors {' '.join(origins)}"
        policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", ancestors)
        response.headers["Content-Security-Policy"] = policy
    return response


def framed_mail(html: str) -> Response:
    """Return a mail's HTML as a mail program would show it, harmless whatever it holds."""
    return _framed(_with_links_outside(html), _MAIL)


def framed_mail_with_links(html: str) -> Response:
    """Return a mail's HTML, harmless whatever it holds, with links that open in a new window."""
    return _framed(_with_links_outside(html), _MAIL_WITH_LINKS)


def _with_links_outside(html: str) -> str:
    return html.replace("<head>", '<head><base target="_blank">', 1)


def _framed(html: str, policy: str) -> Response:
    response = make_response(html)
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
