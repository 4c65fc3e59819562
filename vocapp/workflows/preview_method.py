"""Working out who would change colour under a draft of the method, where a page could not wait for it."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.method.queries import version_numbered
from vocapp.method.rules import OPEN, Method, Preview
from vocapp.method.service import keep_preview
from vocapp.relationship.what_if import colour_changes


def preview_method(payload: Mapping[str, Any]) -> None:
    """Keep who would change colour with the draft's version; scores stay as they are. Safe to run twice."""
    number, now = payload["number"], utcnow()
    with reading():
        version = version_numbered(number)
        if version is None or version.state not in OPEN:
            return
        saves = version.saves
        moves = colour_changes(Method(number, version.chosen, now.date()), as_of=now.date())
    with transaction():
        keep_preview(number, Preview(saves, now.date(), moves, now))
