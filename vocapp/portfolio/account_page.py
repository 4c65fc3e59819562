"""The account page, put together: standing, people by persona, the story, and how it compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vocapp.accounts.footprint import Footprint, NextStep, StepKind
from vocapp.accounts.models import Account
from vocapp.accounts.queries import footprint_of, personas_in_order
from vocapp.accounts.rules import ContactStatus
from vocapp.benchmarks.queries import standings_by_wave, standings_of
from vocapp.benchmarks.rules import Compared, Standing
from vocapp.coverage.findings import NamedFinding, findings_of
from vocapp.coverage.trends import Trend, account_trend
from vocapp.people.queries import PersonCard, person_cards
from vocapp.portfolio.rules import thinned
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores
from vocapp.signals.queries import open_cases
from vocapp.signals.rules import CaseLoad
from vocapp.timeline.queries import score_days, story_of, wave_runs
from vocapp.timeline.sources import Scope
from vocapp.timeline.story import ScoreDay, Story, WaveRun, score_on

EVENTS_SHOWN = 8
WAVES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class PersonaGroup:
    """The people of one persona, the seats that are empty, and what to do about them.

    `elsewhere` names people who also play this part and stand under another persona.
    """

    key: str
    name: str
    required: int
    filled: int
    reachable: int
    doubtful: int
    empty: int
    people: Sequence[PersonCard]
    elsewhere: Sequence[str]
    step: NextStep | None


@dataclass(frozen=True, slots=True)
class WaveLine:
    """One wave in the table of waves, with the strength in force when it closed, or now while it is open.

    `is_other`: that strength was made by another method than today's, and compares with it in nothing.
    `among` is where it stood among others when the wave closed, None where that was not kept.
    """

    run: WaveRun
    score: ScoreDay | None
    is_other: bool
    among: Standing | None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Everything on the account page."""

    account: Account
    score: AccountScore | None
    footprint: Footprint
    days_to_renewal: int | None
    cases: CaseLoad | None
    groups: Sequence[PersonaGroup]
    gone: Sequence[PersonCard]
    findings: Sequence[NamedFinding]
    trend: Trend
    story: Story
    waves: Sequence[WaveLine]
    standings: Mapping[Compared, Standing]
    dots: Mapping[Compared, Sequence[float]]

    @property
    def has_cohort(self) -> bool:
        """Whether any measure can be compared."""
        return any(standing.rung is not None for standing in self.standings.values())

    @property
    def measures(self) -> Mapping[str, Any] | None:
        """The stored measure objects, or None before the first score."""
        return None if self.score is None else self.score.measures


def account_page(account: Account, *, now: datetime) -> AccountPage:
    """Return the page of an account in a fixed number of statements."""
    today = now.date()
    footprint = footprint_of([account.id], today)[account.id]
    standings = standings_of(account.id)
    cards = person_cards(account.id, now=now)
    return AccountPage(
        account=account,
        score=latest_scores([account.id]).get(account.id),
        footprint=footprint,
        days_to_renewal=None if account.renewal_date is None else (account.renewal_date - today).days,
        cases=open_cases([account.id], now=now).get(account.id),
        groups=_groups(footprint, cards),
        gone=[card for card in cards if not card.is_here],
        findings=findings_of({account.id: footprint}, today).get(account.id, ()),
        trend=account_trend(account.id, today=today),
        story=story_of(Scope(account.id), size=EVENTS_SHOWN),
        waves=_wave_lines(account.id, today),
        standings=standings,
        dots={measure: thinned(standing.values) for measure, standing in standings.items()},
    )


def _wave_lines(account_id: int, today: date) -> list[WaveLine]:
    runs, scores = wave_runs(account_id, most=WAVES_SHOWN), score_days(account_id)
    ends = [today if run.is_open or run.closes_at is None else run.closes_at.date() for run in runs]
    found = [score_on(scores, end) for end in ends]
    kept = standings_by_wave(account_id)
    return [
        WaveLine(
            run,
            score,
            score is not None and score.method_version != scores[-1].method_version,
            kept.get(run.wave_id, {}).get(Compared.STRENGTH),
        )
        for run, score in zip(runs, found, strict=True)
    ]


def _groups(footprint: Footprint, cards: Sequence[PersonCard]) -> list[PersonaGroup]:
    """Return present people by persona in page order, then those who play no known part."""
    present = [card for card in cards if card.is_here]
    slots = {group.persona.key: group for group in footprint.personas}
    steps = {step.persona.key: step for step in footprint.steps if step.kind is not StepKind.CONFIRM}
    groups = []
    for persona in personas_in_order():
        here = [card for card in present if card.personas[:1] == [persona.key]]
        elsewhere = [card.name for card in present if persona.key in card.personas[1:]]
        seats = slots.get(persona.key)
        if here or elsewhere or seats:
            groups.append(
                PersonaGroup(
                    key=persona.key,
                    name=persona.name,
                    required=seats.required if seats else 0,
                    filled=seats.filled if seats else 0,
                    reachable=seats.reachable if seats else 0,
                    doubtful=seats.doubtful if seats else 0,
                    empty=seats.empty if seats else 0,
                    people=sorted(here, key=_most_certain_first),
                    elsewhere=elsewhere,
                    step=steps.get(persona.key),
                )
            )
    others = [card for card in present if not card.personas]
    if others:
        groups.append(PersonaGroup("", "", 0, 0, 0, 0, 0, others, (), None))
    return groups


def _most_certain_first(card: PersonCard) -> tuple[bool, bool, str]:
    return (card.status != ContactStatus.ACTIVE, not card.is_fresh, card.name)
