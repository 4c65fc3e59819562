"""What the edition for customers says where it keeps silent about few people."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.formats import day
from vocapp.reports.account.customer import TOO_FEW, WITHHELD
from vocapp.reports.reasons import reason
from vocapp.reports.texts import clauses, day_of, gettext


def repeated_line(snapshot: Mapping[str, Any]) -> str:
    """Return of which day the opinions are where they are repeated, as a sentence; else nothing."""
    since = snapshot.get("opinions_of")
    if since is None:
        return ""
    return gettext(
        "What people think is told as of %(day)s: fewer than five answers have changed since.",
        day=day(day_of(since)),
    )


def withheld_line(snapshot: Mapping[str, Any]) -> str:
    """Return that too few have answered, as a sentence, where opinions are withheld; else nothing."""
    score = snapshot["score"]
    is_withheld = score is not None and score["measures"]["strength"]["state"] == WITHHELD
    return too_few() if is_withheld else ""


def too_few() -> str:
    """Return why nothing is told, as a sentence."""
    text = clauses([reason(TOO_FEW)])
    return f"{text[:1].upper()}{text[1:]}"
