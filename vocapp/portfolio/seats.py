"""Who is missing where, who waits to be asked, and what could be done about it, read only."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vocapp.accounts.footprint import Footprint, NextStep, StepKind
from vocapp.accounts.queries import footprint_of, personas_in_order
from vocapp.coverage.findings import NamedFinding, named
from vocapp.coverage.queries import circles_of
from vocapp.coverage.rules import CHAMPION, Finding, FindingKind, judge_circle
from vocapp.engagement.rules import DECISION_MAKER
from vocapp.portfolio.rules import Action, ActionKind
from vocapp.rosters.champion_queries import Unheard, asked_lately, unheard_requests


@dataclass(frozen=True, slots=True)
class Seats:
    """Footprints and findings by account; `asked` accounts are not to be asked again yet.

    `unheard` is where a champion was asked and reminded, and did not answer.
    """

    footprints: Mapping[int, Footprint]
    findings: Mapping[int, Sequence[Finding]]
    persona_names: Mapping[str, str]
    asked: Collection[int]
    unheard: Mapping[int, Unheard]

    def named_findings(self, account_id: int) -> list[NamedFinding]:
        """Return the findings of an account in words."""
        return [named(one, account_id, self.persona_names) for one in self.findings.get(account_id, ())]


def seats_of(account_ids: Collection[int], *, now: datetime) -> Seats:
    """Return how accounts are known on a day, in a fixed number of statements."""
    footprints = footprint_of(list(account_ids), now.date())
    circles = circles_of(footprints, now.date())
    return Seats(
        footprints=footprints,
        findings={account_id: judge_circle(circle) for account_id, circle in circles.items()},
        persona_names={persona.key: persona.name for persona in personas_in_order()},
        asked=asked_lately(account_ids, now=now),
        unheard=unheard_requests(account_ids, now=now),
    )


def seat_actions(accounts: Mapping[int, dict[str, Any]], seats: Seats) -> Iterator[Action]:
    """Yield what findings and gaps ask for; `accounts` maps id → the facts an action needs."""
    for account_id, facts in accounts.items():
        footprint = seats.footprints.get(account_id)
        steps = list(footprint.steps) if footprint else []
        findings = {finding.kind: finding for finding in seats.findings.get(account_id, ())}
        champion = _champion_action(findings, facts)
        if champion is not None:
            yield champion
            steps = [step for step in steps if not _is_same(step, champion)]
        single = findings.get(FindingKind.SINGLE_THREADED)
        if account_id in seats.asked:
            steps = [step for step in steps if not _is_question(step)]
            unheard = seats.unheard.get(account_id)
            if unheard is not None and footprint is not None and _has_empty_seats(footprint):
                yield _hear(unheard, facts)
        gaps = list(_gaps(steps, single, footprint, facts))
        yield from gaps
        if single is not None and not any(gap.only_voice or gap.voices for gap in gaps):
            yield _second_voice(single, facts, seats, may_ask=account_id not in seats.asked)


def _champion_action(findings: Mapping[FindingKind, Finding], facts: dict[str, Any]) -> Action | None:
    """Return what to do about a champion who left or was never known."""
    left = findings.get(FindingKind.CHAMPION_LEFT)
    if left is not None and left.successor is not None:
        return Action(
            ActionKind.CONFIRM_PERSON,
            **facts,
            contact_id=left.successor.contact_id,
            person=left.successor.name,
            persona=CHAMPION,
            former=left.person,
        )
    if left is not None:
        return Action(ActionKind.FIND_CHAMPION, **facts, persona=CHAMPION, former=left.person)
    if FindingKind.CHAMPION_MISSING in findings:
        return Action(ActionKind.FIND_CHAMPION, **facts, persona=CHAMPION)
    return None


def _is_same(step: NextStep, action: Action) -> bool:
    """Whether a gap's next step would be closed by an action about the champion."""
    if action.kind is ActionKind.FIND_CHAMPION:
        return step.persona.key == CHAMPION and step.kind is not StepKind.CONFIRM
    return step.person is not None and step.person.contact_id == action.contact_id and not _is_question(step)


def _is_question(step: NextStep) -> bool:
    return step.kind in (StepKind.ASK_CHAMPION, StepKind.ASK_SOMEBODY)


def _has_empty_seats(footprint: Footprint) -> bool:
    return any(group.empty for group in footprint.personas)


def _hear(unheard: Unheard, facts: dict[str, Any]) -> Action:
    return Action(
        ActionKind.HEAR_CHAMPION,
        **facts,
        contact_id=unheard.contact_id,
        person=unheard.name,
        asked_on=unheard.asked_at.date(),
    )


_KINDS = {
    StepKind.CONFIRM: ActionKind.CONFIRM_PERSON,
    StepKind.ASK_CHAMPION: ActionKind.FILL_SEAT,
    StepKind.ASK_SOMEBODY: ActionKind.FILL_SEAT,
    StepKind.FIND_FIRST: ActionKind.FIND_FIRST,
}


def _gaps(
    steps: Sequence[NextStep], single: Finding | None, footprint: Footprint | None, facts: dict[str, Any]
) -> Iterator[Action]:
    """Yield an account's most important gap, and a decision maker to confirm.

    Asking for people also widens an account where few answer; then one action says both.
    """
    wanted = {group.persona.key: group.required for group in footprint.personas} if footprint else {}
    for number, step in enumerate(steps):
        if number == 0 or (step.kind is StepKind.CONFIRM and step.persona.key == DECISION_MAKER):
            heard = single if _is_question(step) else None
            yield Action(
                _KINDS[step.kind],
                **facts,
                contact_id=step.person.contact_id if step.person else None,
                person=step.person.name if step.person else "",
                persona=step.persona.name,
                is_decision_maker=step.persona.key == DECISION_MAKER,
                missing=step.missing,
                wanted=wanted.get(step.persona.key, 0),
                only_voice=heard.person if heard else "",
                voices=heard.people if heard else 0,
            )


def _second_voice(single: Finding, facts: dict[str, Any], seats: Seats, *, may_ask: bool) -> Action:
    return Action(
        ActionKind.FIND_SECOND,
        **facts,
        contact_id=single.contact_id if may_ask else None,
        person=single.person if may_ask else "",
        persona=seats.persona_names.get(single.persona, ""),
        only_voice=single.person,
        voices=single.people,
        may_ask=may_ask,
    )
