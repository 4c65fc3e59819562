"""Logs as JSON lines, without personal data or secret links."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_TOKEN_PATH = re.compile(r"/(s|u|r|reset|setup)/[^\s/?\"']+")


def hide_secrets(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the token of every secret link in an event's values, and keep each value on one line."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_tokens(value)
    return event


def without_tokens(text: str) -> str:
    """Return a text with the token of every secret link in it replaced."""
    return _TOKEN_PATH.sub(r"/\1/…", text)


class DiscreetFormatter(logging.Formatter):
    """Formats what libraries log: Flask names the address of a request that failed."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record with its traceback, without tokens."""
        return without_tokens(super().format(record))


def set_up_logs() -> None:
    """Send structured logs to standard error; called once by each long-running command."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
