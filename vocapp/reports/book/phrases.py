"""A CSM's book in sentences."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from surveys.intervals import wilson_interval
from vocapp.core.formats import day, decimal, percent, share_interval, signed
from vocapp.portfolio.phrases import reason_of, title_of
from vocapp.portfolio.rules import Action, ActionKind
from vocapp.reports.book.rules import points_moved
from vocapp.reports.texts import clauses, day_of, gettext, listed, ngettext

Snapshot = Mapping[str, Any]


def verdict(snapshot: Snapshot) -> str:
    """Return where the book stands, in one sentence."""
    total, counts = (
        snapshot["accounts"],
        {one["status"]: one["accounts"] for one in snapshot["shares"]},
    )
    if not total:
        return gettext("%(csm)s has no accounts, so there is nothing to tell yet.", csm=snapshot["csm"])
    accounts = ngettext("%(num)s account", "%(num)s accounts", total)
    if not snapshot["measured"]:
        standing = gettext("%(accounts)s, none of them measured yet", accounts=accounts)
    else:
        standing = gettext(
            "%(accounts)s, %(green)s strong and %(red)s at risk",
            accounts=accounts,
            green=decimal(counts.get("green", 0)),
            red=decimal(counts.get("red", 0)),
        )
    held, seats = snapshot["work"]["seats_now"]
    if not seats:
        return clauses([standing])
    covered = gettext(
        "%(share)s of the seats are held by people confirmed lately", share=percent(held / seats)
    )
    return clauses([standing, covered])


def seats_line(work: Mapping[str, Any]) -> str:
    """Return how the share of well-filled seats stands and moved, in a sentence."""
    held, seats = work["seats_now"]
    if not seats:
        return gettext("No seats are asked for at these accounts, or none were recorded a quarter ago.")
    now = gettext(
        "%(share)s now (%(held)s of %(seats)s seats)",
        share=percent(held / seats),
        held=decimal(held),
        seats=decimal(seats),
    )
    moved = points_moved(tuple(work["seats_then"]), (held, seats))
    if moved is None:
        return gettext("%(now)s; nothing to compare with yet.", now=now)
    then = gettext(
        "%(now)s, %(points)s points since %(day)s, over the same %(accounts)s accounts; all are counted, so "
        "chance plays no part.",
        now=now,
        points=signed(moved),
        day=day(day_of(work["since"])),
        accounts=decimal(work["compared"]),
    )
    if work["is_whole"]:
        return then
    early = gettext("Nothing was recorded before.")
    return f"{then} {early}"


def rosters_line(work: Mapping[str, Any]) -> str:
    """Return how many rosters were confirmed before their wave, in a sentence."""
    on_time, asked = work["rosters"]
    if not asked:
        return gettext("No wave has asked anybody since %(day)s.", day=day(day_of(work["since"])))
    return gettext("%(share)s were confirmed before their wave went out.", share=share_words(on_time, asked))


def rate_line(work: Mapping[str, Any]) -> str:
    """Return how well waves were answered beside the quarter before, in a sentence."""
    now, before = work["rate"], work["rate_before"]
    if not now["asked"]:
        return gettext("No wave with these accounts has closed within the last 90 days.")
    waves = ngettext("in %(num)s wave", "in %(num)s waves", now["waves"])
    said = gettext(
        "%(share)s answered, %(waves)s that closed within 90 days",
        share=share_words(now["answered"], now["asked"]),
        waves=waves,
    )
    if not before["asked"]:
        return gettext("%(said)s; nothing to compare with yet.", said=said)
    earlier = gettext(
        "the 90 days before it was %(share)s", share=share_words(before["answered"], before["asked"])
    )
    return clauses([said, earlier])


def share_words(part: int, whole: int) -> str:
    """Return a share with its count and what it may be."""
    return gettext(
        "%(share)s (%(part)s of %(whole)s, likely %(likely)s)",
        share=percent(part / whole),
        part=decimal(part),
        whole=decimal(whole),
        likely=share_interval(wilson_interval(part, whole)),
    )


def gaps_moved_line(work: Mapping[str, Any]) -> str:
    """Return how gaps came and went, in a sentence."""
    return gettext(
        "%(closed)s closed and %(opened)s opened in the last 90 days; %(open)s are open now.",
        closed=decimal(work["closed"]),
        opened=decimal(work["opened"]),
        open=decimal(work["open_now"]),
    )


def gaps_line(snapshot: Snapshot) -> str:
    """Return how many accounts have gaps and which are listed, in a sentence."""
    total, shown = snapshot["gaps"]["accounts"], len(snapshot["gaps"]["shown"])
    if not total and not snapshot["work"]["accounts"]:
        return gettext("Nothing has been recorded yet; the first day is written down tonight.")
    if not total:
        return gettext("Every seat is held by somebody confirmed lately.")
    said = ngettext("%(num)s account has a gap", "%(num)s accounts have gaps", total)
    if shown == total:
        return gettext("%(said)s, the worst first.", said=said)
    return gettext("%(said)s; these are the worst %(shown)s.", said=said, shown=decimal(shown))


def missing_words(gap: Mapping[str, Any]) -> str:
    """Return who is missing and who is in doubt at an account."""
    missing = listed(_times(name, count) for name, count in gap["missing"])
    doubtful = listed(_times(name, count) for name, count in gap["doubtful"])
    said = (
        gettext("missing: %(personas)s", personas=missing) if missing else "",
        gettext("in doubt: %(personas)s", personas=doubtful) if doubtful else "",
        *(finding_word(kind) for kind in gap["findings"]),
    )
    text = clauses(said)
    return f"{text[:1].upper()}{text[1:]}"


def _times(name: str, count: int) -> str:
    return f"{name} × {decimal(count)}" if count > 1 else name


def finding_word(kind: str) -> str:
    """Return what is wrong with whom we know."""
    return {
        "single_threaded": gettext("hangs on one person"),
        "champion_missing": gettext("no champion known"),
        "champion_left": gettext("champion has left"),
        "nobody_answers": gettext("nobody answers"),
    }.get(kind, kind)


def action_title(one: Mapping[str, Any]) -> str:
    """Return what to do, in the words of the board."""
    return title_of(_action(one))


def action_reason(one: Mapping[str, Any]) -> str:
    """Return why it matters, in the words of the board."""
    text = reason_of(_action(one))
    return f"{text[:1].upper()}{text[1:]}"


def _action(one: Mapping[str, Any]) -> Action:
    asked_on = date.fromisoformat(one["asked_on"]) if one["asked_on"] else None
    return Action(**{**one, "kind": ActionKind(one["kind"]), "asked_on": asked_on})


def wins_line(wins: Mapping[str, Any]) -> str:
    """Return since when wins are counted, in a sentence."""
    if wins["since"] is None:
        return gettext("No wave has gone out yet, so there are no wins to report yet.")
    since = day(day_of(wins["since"]))
    if not (wins["risen"] or wins["better"] or wins["heard"]):
        return gettext("No wins to report yet since the latest wave went out on %(day)s.", day=since)
    return gettext("Since the latest wave went out on %(day)s.", day=since)


def risen_words(one: Mapping[str, Any]) -> str:
    """Return how an account rose, in a sentence."""
    return gettext(
        "Rose from %(before)s to %(after)s (%(points)s, from %(answers)s answers): more than chance.",
        before=decimal(one["before"]),
        after=decimal(one["after"]),
        points=signed(one["after"] - one["before"]),
        answers=decimal(one["answers"]),
    )


def better_words(one: Mapping[str, Any]) -> str:
    """Return how an unhappy person answers now, in a sentence."""
    return gettext(
        "Was unhappy with %(before)s, gave %(after)s now.",
        before=decimal(one["before"]),
        after=decimal(one["after"]),
    )


def heard_words(one: Mapping[str, Any]) -> str:
    """Return how long somebody was silent who answered again, in a sentence."""
    return ngettext(
        "Answered again after %(num)s silent wave.",
        "Answered again after %(num)s silent waves.",
        one["waves"],
    )
