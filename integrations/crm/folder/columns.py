"""The columns we write, per kind of record, and what a cell's text means."""

import math
from collections.abc import Mapping

from integrations.crm.folder.files import column
from integrations.crm.records import FieldInfo, Value

ID = "external_id"
DELETED = "is_deleted"
# Ids longer than this fit nowhere.
LONGEST_ID = 40
LONGEST_CELL = 32_767
_TRUE = frozenset({"true", "yes", "1", "y"})


def _ours(*columns: tuple[str, str, str]) -> Mapping[str, FieldInfo]:
    return {name: column(name, type, label=label, is_ours=True) for name, label, type in columns}


_COMMON = (
    ("voc_relationship_score", "Relationship score", "double"),
    ("voc_last_response_at", "Last response", "datetime"),
    ("voc_profile_url", "Page of the profile", "url"),
)
OURS: Mapping[str, Mapping[str, FieldInfo]] = {
    "accounts": _ours(
        *_COMMON,
        ("voc_relationship_band", "Relationship band", "string"),
        ("voc_engagement", "Engagement", "double"),
        ("voc_sentiment", "Sentiment", "double"),
        ("voc_response_count", "Responses", "double"),
        ("voc_score_updated_at", "Score updated", "datetime"),
    ),
    "contacts": _ours(
        *_COMMON,
        ("voc_person_id", "Person id", "string"),
        ("voc_last_nps", "Last NPS", "double"),
        ("voc_status", "Status", "string"),
        ("voc_verified_on", "Verified on", "date"),
        ("voc_replaced_by", "Replaced by", "string"),
        ("voc_opt_out", "Opted out", "boolean"),
    ),
    "users": {},
    "opportunities": {},
    "cases": {},
}


def special(name: str) -> str:
    """Return the name of a column we give a meaning, however it is written; any other name as it is."""
    plain = name.strip().casefold().replace(" ", "_").replace("-", "_")
    return plain if plain in (ID, DELETED) else name


def is_true(text: str) -> bool:
    """Whether a cell says yes."""
    return text.strip().casefold() in _TRUE


def read_cell(text: str | None, type: str) -> Value:
    """Return the value of a cell; an empty one is nothing, and what does not fit its type stays text."""
    if not text:
        return None
    if type == "boolean":
        return is_true(text)
    if type == "double":
        try:
            number = float(text)
        except ValueError:
            return text
        if not math.isfinite(number):
            return text
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return text
