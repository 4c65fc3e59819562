"""Logs as JSON lines (plain ones on a terminal), without personal data or secret links."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_TOKEN_PATH = re.compile(r"/(s|u|r|reset|setup|shared)/[^\s/?\"']+")
# Of an address the part before the @, and what stands before a host in a URL; limited, or it would be slow.
_WHO = re.compile(r"[^\s@<>\"'(),;\[\]/]{1,64}@(?=[A-Za-z0-9\[])")
_NO_WHO = "…@"


def hide_secrets(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the tokens of secret links, people's addresses and passwords in URLs out of an event's values."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = discreet(value)
    return event


def discreet(text: str) -> str:
    """Return a text without tokens, and with nobody named before an @."""
    return _WHO.sub(_NO_WHO, without_tokens(text))


def without_tokens(text: str) -> str:
    """Return a text with the token of every secret link in it replaced."""
    return _TOKEN_PATH.sub(r"/\1/…", text)


class DiscreetFormatter(logging.Formatter):
    """Formats what libraries log: Flask names the address of a request that failed."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record with its traceback, without tokens and addresses."""
        return discreet(super().format(record))


def set_up_logs(*, stream: TextIO | None = None) -> None:
    """Send our logs and those of libraries to standard error or a stream; for long-running commands.

    One JSON document per line, unless it is a terminal. What is known of the request or job stands in each.
    """
    out = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if out.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=out),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
