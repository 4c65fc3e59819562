"""What the other side said about its fields when it was last asked, kept for the mapping pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from integrations.crm.records import ObjectInfo
from vocapp.core.db import db
from vocapp.sync.models import CrmConnection, CrmMapping


@dataclass(frozen=True, slots=True)
class KnownField:
    """One field over there: its name, what people call it, and whether it takes values of ours."""

    name: str
    label: str
    type: str
    is_writable: bool
    is_external_id: bool


def keep_fields(connection: CrmConnection, infos: Mapping[str, ObjectInfo], *, now: datetime) -> None:
    """Remember the fields of every mapped object that was looked at."""
    for mapping in connection.mappings:
        info = infos.get(mapping.object)
        if info is None:
            continue
        fields = [
            [one.name, one.label, one.type, one.is_updateable or one.is_createable, one.is_external_id]
            for one in info.fields.values()
        ]
        mapping.options = {**mapping.options, "known_fields": fields, "known_at": now.isoformat()}
    db.session.flush()


def known_fields(mapping: CrmMapping) -> list[KnownField]:
    """Return the fields of a mapped object by name, as they were when last looked at."""
    return sorted(
        (KnownField(*line) for line in mapping.options.get("known_fields", [])),
        key=lambda one: one.name.lower(),
    )


def known_at(mapping: CrmMapping) -> datetime | None:
    """Return when the fields were last looked at; None for never."""
    moment = mapping.options.get("known_at")
    return datetime.fromisoformat(moment) if moment else None
