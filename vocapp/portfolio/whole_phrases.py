"""The portfolio as a whole in words: what accounts are worth, who went silent."""

from collections.abc import Mapping

from flask_babel import gettext, ngettext

from vocapp.core.clock import utcnow
from vocapp.core.formats import day, decimal, percent, short_money
from vocapp.portfolio.phrases import as_sentence, join_clauses
from vocapp.portfolio.queries import WITHOUT
from vocapp.portfolio.rules import Silence, quarters_to_choose
from vocapp.portfolio.silence import SilenceCounts, SilentAccount
from vocapp.portfolio.worth import Worth


def money_words(arr: Mapping[str, float]) -> str:
    """Return sums per currency as one text, "€1.2M + $300K"; empty for none."""
    return " + ".join(short_money(amount, currency) for currency, amount in arr.items())


def worth_line(worth: Worth) -> str:
    """Return what accounts are worth, and how many are in no sum; empty without accounts."""
    if not worth.accounts:
        return ""
    money, left_out = money_words(worth.arr), left_out_line(worth)
    if not money:
        return left_out or str(gettext("They have no ARR."))
    said = ngettext(
        "It is worth %(money)s a year.",
        "Together they are worth %(money)s a year.",
        worth.accounts,
        money=money,
    )
    return f"{said} {left_out}".strip()


def left_out_line(worth: Worth) -> str:
    """Return how many accounts are in no sum of ARR, and why; empty when all are."""
    clauses = [
        ngettext("ARR is not known at %(num)s account", "ARR is not known at %(num)s accounts", worth.unknown)
        if worth.unknown
        else "",
        ngettext("ARR is negative at %(num)s account", "ARR is negative at %(num)s accounts", worth.negative)
        if worth.negative
        else "",
    ]
    said = join_clauses(clauses)
    return str(gettext("%(said)s: left out of every sum.", said=said)) if said else ""


def renewal_choices(chosen: str = "") -> list[tuple[str, str]]:
    """Return the quarters that renewals can be filtered by, the chosen one among them."""
    quarters = quarters_to_choose(utcnow().date(), chosen)
    return [
        *(
            (quarter, str(gettext("%(quarter)s %(year)s", quarter=quarter[5:], year=quarter[:4])))
            for quarter in quarters
        ),
        (WITHOUT, str(gettext("No renewal date"))),
    ]


def silence_choices() -> list[tuple[str, str]]:
    """Return the ways of being silent that a list can be filtered by."""
    return [
        (Silence.ANY.value, str(gettext("Any silence"))),
        (Silence.WHOLE.value, str(gettext("Nobody answers"))),
        (Silence.LONG.value, str(gettext("Nobody, two waves or more"))),
        (Silence.DECIDER.value, str(gettext("No decision maker"))),
    ]


def silence_line(counts: SilenceCounts) -> str:
    """Return how many of the accounts that were reached went silent, in one to three sentences."""
    if not counts.accounts:
        return ""
    if not counts.reached:
        return str(gettext("No closed wave has reached anybody here yet, so nobody can be called silent."))
    return " ".join(part for part in (_whole_sentence(counts), _decider_sentence(counts)) if part)


def _whole_sentence(counts: SilenceCounts) -> str:
    if not counts.silent:
        return str(
            ngettext(
                "Somebody answered the latest wave at the one account that has been asked.",
                "Somebody answered the latest wave at each of the %(count)s accounts that have been asked.",
                counts.reached,
                count=decimal(counts.reached),
            )
        )
    said = ngettext(
        "At %(num)s of %(reached)s that closed waves have reached, nobody answered the latest one",
        "At %(num)s of %(reached)s that closed waves have reached, nobody answered the latest one",
        counts.silent,
        reached=ngettext("%(num)s account", "%(num)s accounts", counts.reached),
    )
    clauses = [
        ngettext("%(num)s for two waves or more", "%(num)s for two waves or more", counts.long)
        if counts.long
        else "",
        ngettext("%(num)s has never answered", "%(num)s have never answered", counts.never)
        if counts.never
        else "",
    ]
    more = join_clauses(clauses)
    return f"{said}: {more}." if more else f"{said}."


def _decider_sentence(counts: SilenceCounts) -> str:
    if not counts.deciders:
        return ""
    return str(
        ngettext(
            "At %(num)s more others answer, and no decision maker does.",
            "At %(num)s more others answer, and no decision maker does.",
            counts.deciders,
        )
    )


def beside_line(counts: SilenceCounts, everywhere: SilenceCounts) -> str:
    """Return how that compares with all accounts the reader sees; empty where there is nothing to compare."""
    if not counts.reached or counts.accounts == everywhere.accounts:
        return ""
    return str(
        gettext(
            "That is %(here)s; of all your accounts it is %(all)s (%(silent)s of %(reached)s).",
            here=percent(counts.silent / counts.reached),
            all=percent(everywhere.silent / everywhere.reached),
            silent=decimal(everywhere.silent),
            reached=decimal(everywhere.reached),
        )
    )


def how_silent(account: SilentAccount) -> str:
    """Return since when an account is silent, as a sentence."""
    if not account.waves:
        return str(
            ngettext(
                "No decision maker answered the latest wave; others did.",
                "No decision maker answered the latest %(num)s waves; others did.",
                account.decision_maker_waves,
            )
        )
    said = ngettext(
        "nobody answered the latest wave",
        "nobody answered the latest %(num)s waves",
        account.waves,
    )
    heard = (
        gettext("last heard in the wave of %(day)s", day=day(account.last_heard))
        if account.last_heard
        else gettext("never heard before")
    )
    return as_sentence(join_clauses([str(said), str(heard)]))


def how_unusual(account: SilentAccount) -> str:
    """Return whether a silence can be chance, from how many invitations; empty where that is not known."""
    chance = account.chance
    if chance.probability is None or chance.response_rate is None:
        return ""
    asked = ngettext("%(num)s invitation", "%(num)s invitations", chance.asked)
    rate = percent(chance.response_rate)
    if chance.is_telling:
        return str(
            gettext(
                "Hardly chance: accounts like it take part %(rate)s of the time, %(asked)s went unanswered.",
                rate=rate,
                asked=asked,
            )
        )
    return str(
        gettext(
            "May be chance: accounts like it take part %(rate)s of the time, and %(chance)s of them would "
            "leave %(asked)s unanswered.",
            rate=rate,
            asked=asked,
            chance=percent(chance.probability),
        )
    )
