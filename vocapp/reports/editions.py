"""What a newer edition says of the one it replaces: which, of what day, and what has changed."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.formats import day, decimal, percent
from vocapp.reports.texts import clauses, day_of, gettext

MEASURES = ("strength", "footprint", "engagement", "sentiment")


def replaced(number: int, snapshot: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what a new edition keeps of the snapshot `name` that it replaces; `number` is its own."""
    return {"edition": number, "id": name, "as_of": snapshot.get("as_of"), "figures": figures(snapshot)}


def figures(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the main figures of an account benchmark in whole points, as it tells them; else {}."""
    if "score" not in snapshot:
        return {}
    score = snapshot["score"]
    if score is None:
        return dict.fromkeys((*MEASURES, "answers"))
    told = {name: score["measures"][name]["value"] for name in MEASURES}
    scales = {name: 1 if name == "strength" else 100 for name in MEASURES}
    points = {name: None if told[name] is None else round(told[name] * scales[name]) for name in MEASURES}
    return points | {"answers": score["answers"]}


def edition_note(snapshot: Mapping[str, Any]) -> str:
    """Return which edition a snapshot replaces and what has changed, as a sentence; "" where it is the first.

    Call it under the snapshot's locale.
    """
    before = snapshot.get("replaces")
    if not before:
        return ""
    on = day(day_of(before["as_of"])) if before["as_of"] else "–"
    said = [gettext("replaces snapshot %(id)s of %(day)s", id=before["id"], day=on)]
    now, then = figures(snapshot), before["figures"]
    if now and then:
        changed = [_change(name, then.get(name), now[name]) for name in now if then.get(name) != now[name]]
        said += changed or [gettext("its main figures are the same")]
    return clauses(said)


def edition_title(snapshot: Mapping[str, Any]) -> str:
    """Return the number of an edition in words. Call it under the snapshot's locale."""
    return gettext("Edition %(number)s", number=decimal(snapshot["replaces"]["edition"]))


def _change(name: str, before: int | None, now: int | None) -> str:
    word = {
        "strength": gettext("relationship strength"),
        "footprint": gettext("footprint"),
        "engagement": gettext("engagement"),
        "sentiment": gettext("sentiment"),
        "answers": gettext("answers that count"),
    }[name]
    return gettext(
        "%(name)s: %(before)s, now %(now)s", name=word, before=_value(name, before), now=_value(name, now)
    )


def _value(name: str, value: int | None) -> str:
    if value is None:
        return gettext("not told")
    return str(percent(value / 100) if name in {"footprint", "engagement"} else decimal(value))
