"""Confirming an account's roster: who stays, who goes and why, who is new."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update

from vocapp.accounts.holding import hold_account, hold_people_of
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import add_contact
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.freshness.service import record_evidence
from vocapp.identity.models import User
from vocapp.rosters.addresses import judge_addresses
from vocapp.rosters.models import RosterConfirmation, RosterLine
from vocapp.rosters.queries import latest_confirmation, people_to_confirm
from vocapp.rosters.rules import (
    Choice,
    Newcomer,
    RemovalReason,
    RosterDecision,
    RosterPlan,
    judge_plan,
)

# A CSM's own word about somebody who goes; the other reasons say nothing about the person.
_EVIDENCE = {
    RemovalReason.LEFT: EvidenceKind.SAID_LEFT,
    RemovalReason.WRONG_PERSON: EvidenceKind.NOT_ME,
}


class RosterProblems(DomainError):
    """A form that cannot be stored as it is; `places` maps a field's name to what is wrong there."""

    def __init__(self, places: Mapping[str, str]) -> None:
        super().__init__(
            "One entry needs another look." if len(places) == 1 else "Some entries need another look."
        )
        self.places = dict(places)


class RosterChanged(DomainError):
    """Somebody else confirmed the roster since the form was opened; `latest` is what they said."""

    def __init__(self, latest: RosterConfirmation) -> None:
        super().__init__(f"{latest.by.name or latest.by.email} confirmed this roster while you were at it.")
        self.latest = latest


def confirm_roster(account: Account, plan: RosterPlan, *, by: User, now: datetime) -> RosterConfirmation:
    """Store what a CSM said about everybody at an account, all of it or nothing.

    Whoever stays counts as confirmed today; whoever left or was the wrong person is noted as that; everybody
    named is added. Raises `RosterChanged` when another confirmation came between, `RosterProblems` when
    something in the form cannot be.
    """
    hold_account(account.id)
    hold_people_of(account.id)
    latest = latest_confirmation(account.id)
    if latest is not None and latest.id != plan.seen_id:
        raise RosterChanged(latest)
    people = {contact.id: contact for contact in people_to_confirm(account.id)}
    problems = judge_plan(
        plan,
        {contact.id: contact.full_name for contact in people.values()},
        successors={contact.id for contact in people.values() if contact.status == ContactStatus.ACTIVE},
    )
    known, wrong_addresses = judge_addresses(account, plan, people, by=by)
    problems = {**wrong_addresses, **problems}
    if problems:
        raise RosterProblems(problems)
    confirmation = _new_confirmation(account, by=by, now=now)
    lines = _Lines(confirmation, account, people, known, by=by, now=now)
    for choice in plan.choices:
        if choice.decision is RosterDecision.REPLACE:
            lines.replace(choice)
    for choice in plan.choices:
        if choice.decision is RosterDecision.REMOVE:
            lines.remove(choice)
        elif choice.decision is RosterDecision.KEEP:
            lines.keep(people[choice.contact_id])
    for newcomer in plan.additions:
        lines.add(newcomer)
    db.session.flush()
    _note(confirmation, lines.counts, by=by)
    return confirmation


def _new_confirmation(account: Account, *, by: User, now: datetime) -> RosterConfirmation:
    earlier = update(RosterConfirmation).where(
        RosterConfirmation.account_id == account.id, RosterConfirmation.is_latest
    )
    db.session.execute(earlier.values(is_latest=False))
    confirmation = RosterConfirmation(account_id=account.id, by_id=by.id, at=now)
    db.session.add(confirmation)
    db.session.flush()
    return confirmation


def _note(confirmation: RosterConfirmation, counts: Mapping[str, int], *, by: User) -> None:
    account_id = confirmation.account_id
    record_act(
        "roster_confirmed",
        actor_id=by.id,
        subject_kind="account",
        subject_id=account_id,
        details=dict(counts),
    )
    enqueue("rescore_accounts", {"account_ids": [account_id]}, key=f"rescore:{account_id}")


class _Lines:
    """Writes the lines of one confirmation, and what each of them does."""

    def __init__(
        self,
        confirmation: RosterConfirmation,
        account: Account,
        people: Mapping[int, Contact],
        known: Mapping[str, Contact],
        *,
        by: User,
        now: datetime,
    ) -> None:
        self._confirmation = confirmation
        self._account = account
        self._people = people
        self._known = known
        self._by = by
        self._now = now
        self.counts: dict[str, int] = {decision.value: 0 for decision in RosterDecision}

    def keep(self, contact: Contact) -> None:
        self._line(contact, RosterDecision.KEEP)
        self._say(contact, EvidenceKind.CONFIRMED)

    def remove(self, choice: Choice) -> None:
        contact = self._people[choice.contact_id]
        self._line(contact, RosterDecision.REMOVE, choice)
        self._say_why(contact, choice)

    def replace(self, choice: Choice) -> None:
        contact = self._people[choice.contact_id]
        successor = self._known_successor(choice)
        if successor is None:
            successor = self._new(choice.newcomer, [persona.id for persona in contact.personas])
        else:
            missing = [persona for persona in contact.personas if persona not in successor.personas]
            successor.personas = [*successor.personas, *missing]
            db.session.flush()
        self._line(contact, RosterDecision.REPLACE, choice, successor=successor)
        self._say_why(contact, choice)

    def add(self, newcomer: Newcomer) -> None:
        self._new(newcomer, [newcomer.persona_id] if newcomer.persona_id else [])

    def _known_successor(self, choice: Choice) -> Contact | None:
        if choice.successor_id is not None:
            return self._people[choice.successor_id]
        return self._known.get(choice.newcomer.place) if choice.newcomer else None

    def _new(self, newcomer: Newcomer | None, persona_ids: list[int]) -> Contact:
        if newcomer is None:
            raise ValueError("a plan that was judged names who follows")
        names = {"first_name": newcomer.first_name, "last_name": newcomer.last_name}
        contact = add_contact(
            self._account, email=newcomer.email, values=names, persona_ids=persona_ids, user=self._by
        )
        self._line(contact, RosterDecision.ADD)
        self._say(contact, EvidenceKind.CONFIRMED)
        return contact

    def _line(
        self,
        contact: Contact,
        decision: RosterDecision,
        choice: Choice | None = None,
        *,
        successor: Contact | None = None,
    ) -> None:
        self.counts[decision.value] += 1
        line = RosterLine(
            confirmation_id=self._confirmation.id,
            contact_id=contact.id,
            decision=decision.value,
            reason=choice.reason.value if choice and choice.reason else "",
            note=choice.note if choice else "",
            replaced_by_id=successor.id if successor else None,
        )
        db.session.add(line)

    def _say_why(self, contact: Contact, choice: Choice) -> None:
        kind = _EVIDENCE.get(choice.reason) if choice.reason else None
        if kind is not None:
            self._say(contact, kind)

    def _say(self, contact: Contact, kind: EvidenceKind) -> None:
        record_evidence(
            contact,
            kind,
            source=EvidenceSource.ROSTER,
            source_id=self._confirmation.id,
            occurred_at=self._now,
            now=self._now,
        )
