"""What is to be done at an account, and what was promised to it, in sentences."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from vocapp.core.formats import day
from vocapp.reports.account.rules import StepKind
from vocapp.reports.texts import day_of, gettext, ngettext

Snapshot = Mapping[str, Any]


def step_title(step: Mapping[str, Any]) -> str:
    """Return what to do."""
    kind, person, count = StepKind(step["kind"]), step["person"], step["count"]
    if kind is StepKind.TALK:
        return gettext("Talk to %(person)s", person=person)
    if kind is StepKind.REACH:
        if person:
            return gettext("Reach %(person)s", person=person)
        return ngettext("Reach %(num)s silent person", "Reach %(num)s silent people", count)
    if kind is StepKind.CONFIRM:
        if person:
            return gettext("Confirm %(person)s", person=person)
        return ngettext("Confirm %(num)s person", "Confirm %(num)s people", count)
    if kind is StepKind.FIND_FIRST:
        return gettext("Find a first contact")
    if kind is StepKind.ASK_ALL:
        return gettext("Start a first wave")
    return gettext("Ask %(person)s for a name", person=person)


def step_reason(step: Mapping[str, Any]) -> str:
    """Return why, in a few words."""
    kind, persona, count = StepKind(step["kind"]), step["persona"] or gettext("no persona"), step["count"]
    if kind is StepKind.TALK:
        return gettext("%(persona)s, gave %(rating)s of 10", persona=persona, rating=step["rating"])
    if kind is StepKind.REACH:
        silent = ngettext("%(num)s wave", "%(num)s waves", step["silent_waves"])
        if step["person"]:
            return gettext("%(persona)s, silent for %(waves)s", persona=persona, waves=silent)
        return gettext("%(persona)s, silent for up to %(waves)s", persona=persona, waves=silent)
    if kind is StepKind.CONFIRM:
        return gettext("%(persona)s, not confirmed lately", persona=persona)
    if kind is StepKind.ASK_ALL:
        return ngettext(
            "%(num)s person known, nobody asked yet", "%(num)s people known, nobody asked yet", count
        )
    if not count:
        return gettext("nobody is known here yet")
    seats = ngettext("%(num)s seat empty", "%(num)s seats empty", count)
    return gettext("%(persona)s: %(seats)s", persona=persona, seats=seats)


def no_steps(snapshot: Snapshot) -> str:
    """Return why nothing is to be done."""
    if snapshot["account"]["is_churned"]:
        return gettext("The account has left; there is nothing to ask of it.")
    if snapshot["footprint"]["required"]:
        return gettext("Nothing presses: every seat is filled and everybody was heard.")
    return gettext("Nothing presses.")


def promise_state(promised: Mapping[str, Any], as_of: date) -> str:
    """Return what became of a promise."""
    if promised["state"] == "kept":
        return gettext("kept")
    if promised["state"] == "dropped":
        return gettext("dropped")
    if promised["due_on"] is None:
        return gettext("open")
    due = day_of(promised["due_on"])
    late = gettext("open, promised until %(day)s", day=day(due))
    return gettext("late, promised until %(day)s", day=day(due)) if due < as_of else late
