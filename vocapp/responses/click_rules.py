"""What opening the links of one mail says about who opened them, as pure judgements.

Gateways open every link of a mail before, while and after its reader does. A person opens one number, now and
then a second.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from surveys.intervals import wilson_interval
from surveys.measure import Measure, MeasureState, not_measured
from vocapp.core.machines import Decision, Signal, doubt_of, named, signals_in

OPT_OUT = "opt_out"
_SCORE = "score:"

LINKS_OF_A_BURST = 3
BURST_WITHIN = timedelta(seconds=10)
# A burst tells what the same visitor does next, and nothing of the person who comes in an hour.
BURST_SPEAKS_FOR = timedelta(seconds=60)
BOTH_WITHIN = timedelta(seconds=10)
# The same link again within this time is the same visit: nothing to write down.
SAME_VISIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One link of a mail that was opened: first and last time, how often, what speaks against a person."""

    target: str
    first_at: datetime
    last_at: datetime
    times: int = 1
    doubt: str | None = None
    decision: str | None = None

    @property
    def is_score(self) -> bool:
        """Whether this is the link of a number."""
        return self.target.startswith(_SCORE)

    @property
    def is_intent(self) -> bool:
        """Whether it was the link of a number and, as far as can be told, a person opened it."""
        return self.is_score and (self.doubt is None or self.decision == Decision.RELEASED)


def score_target(score: int | None) -> str | None:
    """Return the name of a number's link, None for no number."""
    return None if score is None else f"{_SCORE}{score}"


def is_same_visit(last_at: datetime | None, *, at: datetime) -> bool:
    """Whether a link was opened so lately that opening it again tells nothing new."""
    return last_at is not None and abs(at - last_at) < SAME_VISIT


def has_burst(clicks: Iterable[Click], *, until: datetime) -> bool:
    """Whether three or more numbers were opened within ten seconds, and that within the last minute."""
    numbers = [click for click in clicks if click.is_score]
    moments = list(_moments(numbers, since=until - BURST_SPEAKS_FOR - BURST_WITHIN, until=until))
    ends = [at for at, _target in moments if at >= until - BURST_SPEAKS_FOR]
    return any(
        len({target for at, target in moments if end - BURST_WITHIN <= at <= end}) >= LINKS_OF_A_BURST
        for end in ends
    )


def has_both_links(clicks: Iterable[Click], *, since: datetime, until: datetime) -> bool:
    """Whether a number and the opt-out link were opened within ten seconds, the later one in a time."""
    moments = list(_moments(clicks, since=since - BOTH_WITHIN, until=until))
    ways_out = [at for at, target in moments if target == OPT_OUT]
    numbers = [at for at, target in moments if target != OPT_OUT]
    return any(
        abs(way_out - number) <= BOTH_WITHIN and max(way_out, number) >= since
        for way_out in ways_out
        for number in numbers
    )


def form_signals(
    clicks: Collection[Click], *, opened_at: datetime | None, now: datetime
) -> frozenset[Signal]:
    """Return what the opened links say against a form sent now, from a page opened at `opened_at`.

    A burst speaks against what follows it within a minute. Number and opt-out link together speak against a
    form whose own page was opened with them: a scanner that opens everything and goes on to send has both
    against it, the person who comes half a minute after the scanner only one.
    """
    signals: set[Signal] = set()
    if has_burst(clicks, until=now):
        signals.add(Signal.BURST)
    came_at = opened_at or now
    if has_both_links(clicks, since=came_at - BOTH_WITHIN, until=min(now, came_at + BOTH_WITHIN)):
        signals.add(Signal.BOTH_LINKS)
    return frozenset(signals)


def after_click(
    clicks: Collection[Click], target: str, *, at: datetime, signals: frozenset[Signal]
) -> Mapping[str, Click]:
    """Return what changes when a link is opened: target → how it stands now, the link itself among them.

    `clicks` are those of the invitation so far, `signals` what speaks against this visitor. Three numbers in
    ten seconds are in doubt by themselves: nobody can have meant all of them. Links opened together share
    their doubt. A link that a machine opened starts anew when somebody opens it later without a sign of one;
    a link that a person opened stays theirs, whatever opens it afterwards.
    """
    before = {click.target: click for click in clicks}
    # Requests that come at the same instant are not always written down in their order.
    at = max([at, *(click.last_at for click in clicks if click.last_at - at < SAME_VISIT)])
    opened = _opened(before.get(target), target, at)
    others = [click for click in clicks if click.target != target]
    together = _together((*others, opened), at)
    spoken = signals | together
    is_doubtful = Signal.BURST in spoken or doubt_of(spoken) is not None
    if not is_doubtful:
        return {target: _without_doubt(before.get(target), opened, at)}
    changed = {target: _doubted(opened, spoken, at)}
    if together:
        changed |= {
            click.target: _doubted(click, spoken, at)
            for click in others
            if at - click.last_at <= BURST_WITHIN
        }
    return changed


def intent_rate(clicked: int, delivered: int) -> Measure:
    """Return the share (0-1) of delivered invitations whose reader opened a number and sent nothing.

    With a Wilson interval. Intent is no answer: it enters no score. Raises ValueError for more clicks than
    invitations.
    """
    if delivered == 0:
        return not_measured("no mail of this wave has arrived yet")
    interval = wilson_interval(clicked, delivered)
    return Measure(clicked / delivered, delivered, None, interval, MeasureState.MEASURED)


def _moments(clicks: Iterable[Click], *, since: datetime, until: datetime) -> Iterable[tuple[datetime, str]]:
    for click in clicks:
        for at in {click.first_at, click.last_at}:
            if since <= at <= until:
                yield at, click.target


def _opened(before: Click | None, target: str, at: datetime) -> Click:
    if before is None:
        return Click(target=target, first_at=at, last_at=at)
    return replace(before, last_at=max(before.last_at, at), times=before.times + 1)


def _together(clicks: Collection[Click], at: datetime) -> frozenset[Signal]:
    signals: set[Signal] = set()
    if has_burst(clicks, until=at):
        signals.add(Signal.BURST)
    if has_both_links(clicks, since=at, until=at):
        signals.add(Signal.BOTH_LINKS)
    return frozenset(signals)


def _without_doubt(before: Click | None, opened: Click, at: datetime) -> Click:
    if before is None or before.doubt is None or before.decision == Decision.RELEASED:
        return opened
    if at - before.last_at <= BURST_SPEAKS_FOR:
        return opened
    return Click(target=opened.target, first_at=at, last_at=at)


def _doubted(click: Click, signals: frozenset[Signal], at: datetime) -> Click:
    is_somebodys = click.doubt is None and at - click.first_at > BURST_SPEAKS_FOR
    return click if is_somebodys else replace(click, doubt=named({*signals_in(click.doubt), *signals}))
