"""What was answered question by question, and what comments are about, in sentences."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.formats import decimal, percent, share_interval
from vocapp.reports.texts import clauses, gettext, ngettext
from vocapp.reports.wave.rules import LEAST_ANSWERS


def result_words(question: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    """Return what was answered: a share with its count, or a mean on its scale."""
    if line["value"] is None:
        return "–"
    if question["scale"]:
        mean = decimal(line["value"], 1)
        return gettext("%(mean)s of %(highest)s", mean=mean, highest=decimal(question["scale"][1]))
    return gettext("%(share)s (%(count)s)", share=percent(line["value"]), count=decimal(line["count"]))


def result_range(question: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    """Return what the true value may be; a dash where one answer says nothing of that."""
    if not line["ci"]:
        return "–"
    if question["scale"]:
        low, high = (decimal(limit, 1) for limit in line["ci"])
        return gettext("%(low)s to %(high)s", low=low, high=high)
    return share_interval(line["ci"])


def too_few(question: Mapping[str, Any]) -> str:
    """Return why a question has no result; nothing where it has one."""
    if question["is_hidden"]:
        return gettext("Too few answered to tell anything.")
    if not question["lines"]:
        return gettext("In words only.") if question["n"] else gettext("Nobody has answered it.")
    if question["n"] < LEAST_ANSWERS:
        return gettext("Not enough answers to say.")
    return ""


def never_chosen(question: Mapping[str, Any]) -> str:
    """Return how many choices nobody made, which have no line of their own."""
    count = sum(line["count"] == 0 for line in question["lines"])
    return ngettext("%(num)s choice nobody made", "%(num)s choices nobody made", count) if count else ""


def themes_line(snapshot: Mapping[str, Any]) -> str:
    """Return what the themes rest on, in a sentence."""
    themes = snapshot["themes"]
    if not themes["commented"]:
        if snapshot["wave"]["is_confidential"]:
            return gettext("Too few wrote something to tell what it was about.")
        return gettext("Nobody has written a comment yet.")
    if themes["people"]:
        return ngettext(
            "Of %(num)s person who wrote something, found by a list of words.",
            "Of %(num)s people who wrote something, found by a list of words.",
            themes["commented"],
        )
    said = ngettext(
        "Of %(num)s comment, found by a list of words",
        "Of %(num)s comments, found by a list of words",
        themes["commented"],
    )
    rest = ngettext(
        "%(num)s is in a language the list does not read",
        "%(num)s are in languages the list does not read",
        themes["not_analysed"],
    )
    return clauses([said, rest if themes["not_analysed"] else ""])
