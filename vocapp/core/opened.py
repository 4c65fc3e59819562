"""When was the page opened that a form comes from? A signed mark in the form says so, and no cookie."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from vocapp.core.gateways import gateways

OPENED_FIELD = "opened"
_LONGEST_MARK = 100
_ONE = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def opened_mark(now: datetime) -> str:
    """Return the mark of a page that is opened now: its time in milliseconds, signed."""
    return _signer().sign(str((now - _EPOCH) // _ONE)).decode()


def opened_at(mark: str | None) -> datetime | None:
    """Return when a page was opened, to the millisecond; None without a mark and for one we did not make."""
    if not mark or len(mark) > _LONGEST_MARK:
        return None
    try:
        return _EPOCH + int(_signer().unsign(mark.encode("utf-8", "replace"))) * _ONE
    except BadSignature:
        return None


def _signer() -> Signer:
    # Not a TimestampSigner: that counts whole seconds, and what matters here is one and a half.
    return Signer(gateways().settings.secret_key, salt="opened", digest_method=sha256)
