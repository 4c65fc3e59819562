"""What a merge moves, table by table: everything, but nothing that would count one person twice."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Exclusion, Invitation, Wave
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.core.db import db
from vocapp.duplicates.moving import Move, Pair, Row, move_of, plan_all, plan_better, rows_of
from vocapp.duplicates.references import column_of, name_of
from vocapp.duplicates.rules import outcome_rank
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.responses.models import Response
from vocapp.rosters.models import RosterLine
from vocapp.rosters.rules import RemovalReason, RosterDecision

Planner = Callable[[Column[Any], Pair], list[Move]]

_INVITATIONS = Invitation.__table__
_RESPONSES = Response.__table__
_MESSAGES = Message.__table__
_STRUCK_OUT = frozenset({RosterDecision.REMOVE, RosterDecision.REPLACE})


def plan_column(column: Column[Any], pair: Pair) -> list[Move]:
    """Return the moves of one column that points at contacts; earlier columns have been moved."""
    return _PLANNERS.get(name_of(column), plan_all)(column, pair)


def plan_mails(pair: Pair, *, address: str, name: str) -> list[Move]:
    """Return the moves that send what still waits for the merged contact to the kept one's address."""
    waiting = (
        select(_MESSAGES)
        .join(_INVITATIONS, _INVITATIONS.c.id == _MESSAGES.c.subject_id)
        .where(
            _MESSAGES.c.subject_kind == "invitation",
            _MESSAGES.c.state == MessageState.QUEUED,
            _INVITATIONS.c.contact_id == pair.kept_id,
        )
        .order_by(_MESSAGES.c.id)
    )
    wanted = {"to_address": address, "to_name": name}
    return [
        move_of(column_of(Message, column), row._asdict(), value)
        for row in db.session.execute(waiting)
        for column, value in wanted.items()
        if row._mapping[column] != value
    ]


def ranks_of(invitations: list[Row]) -> dict[int, int]:
    """Return invitation id → how much its outcome weighs, higher is better."""
    found = select(_RESPONSES.c.invitation_id, _RESPONSES.c.state, _RESPONSES.c.quarantine_reason).where(
        _RESPONSES.c.invitation_id.in_([row["id"] for row in invitations])
    )
    answers = {row.invitation_id: row for row in db.session.execute(found)}
    return {
        row["id"]: outcome_rank(
            row["state"],
            response_state=answers[row["id"]].state if row["id"] in answers else None,
            is_doubtful=row["id"] in answers and answers[row["id"]].quarantine_reason is not None,
        )
        for row in invitations
    }


def _plan_invitations(column: Column[Any], pair: Pair) -> list[Move]:
    ranks = ranks_of(rows_of(column, pair.ids))
    return plan_better(column, pair, prefers=lambda kept, merged: ranks[merged["id"]] > ranks[kept["id"]])


def _plan_responses(column: Column[Any], pair: Pair) -> list[Move]:
    """An answer belongs to whom its invitation belongs to."""
    rows = rows_of(column, pair.ids)
    holders = select(_INVITATIONS.c.id, _INVITATIONS.c.contact_id).where(
        _INVITATIONS.c.id.in_([row["invitation_id"] for row in rows])
    )
    asked: dict[int, int] = dict(db.session.execute(holders).all())
    return [
        move_of(column, row, asked[row["invitation_id"]])
        for row in rows
        if asked[row["invitation_id"]] != row[column.name]
    ]


def _plan_exclusions(column: Column[Any], pair: Pair) -> list[Move]:
    """Whoever was asked in a wave, or is to be asked, is not at the same time left out of it."""
    rows: dict[int, dict[int, Row]] = {contact_id: {} for contact_id in pair.ids}
    for row in rows_of(column, pair.ids):
        rows[row[column.name]][row["wave_id"]] = row
    kept, merged = rows[pair.kept_id], rows[pair.merged_id]
    waves = _wave_states({*kept, *merged})
    asked = set(db.session.scalars(select(Invitation.wave_id).where(Invitation.contact_id == pair.kept_id)))
    would_be_asked = _could_be_asked(pair.merged_id)
    moves = []
    for wave_id, row in kept.items():
        is_chosen_in = (
            waves[wave_id] in (WaveState.DRAFT, WaveState.SCHEDULED)
            and row["reason"] == ExclusionReason.CHOSEN
            and would_be_asked
        )
        if wave_id not in merged and (wave_id in asked or is_chosen_in):
            moves.append(move_of(column, row, pair.merged_id))
    for wave_id, row in merged.items():
        is_over = waves[wave_id] not in (WaveState.DRAFT, WaveState.SCHEDULED)
        if wave_id not in kept and wave_id not in asked and is_over:
            moves.append(move_of(column, row, pair.kept_id))
    return moves


def _wave_states(wave_ids: set[int]) -> dict[int, str]:
    return dict(db.session.execute(select(Wave.id, Wave.state).where(Wave.id.in_(wave_ids))).all())


def _could_be_asked(contact_id: int) -> bool:
    found = select(Contact.id).where(
        Contact.id == contact_id, Contact.status == ContactStatus.ACTIVE, Contact.is_role_address.is_(False)
    )
    return db.session.scalar(found) is not None


def _plan_roster_lines(column: Column[Any], pair: Pair) -> list[Move]:
    """A person who was kept under one record and struck out under the other was kept."""
    moves = plan_better(
        column,
        pair,
        prefers=lambda kept, merged: (
            kept["decision"] in _STRUCK_OUT and merged["decision"] not in _STRUCK_OUT
        ),
    )
    struck_out = {
        row["confirmation_id"]
        for row in rows_of(column, [pair.merged_id])
        if row["decision"] in _STRUCK_OUT
        and (row["reason"] == RemovalReason.DUPLICATE or row["replaced_by_id"] == pair.kept_id)
    }
    return [
        move for move in moves if move.after != pair.kept_id or move.key["confirmation_id"] not in struck_out
    ]


def _plan_reporting_lines(column: Column[Any], pair: Pair) -> list[Move]:
    """The two themselves are another matter: whom they report to is a choice."""
    return [move for move in plan_all(column, pair) if move.key["id"] not in pair.ids]


_PLANNERS: Mapping[str, Planner] = {
    "contacts.reports_to_id": _plan_reporting_lines,
    "contacts.merged_into_id": _plan_reporting_lines,
    f"{Exclusion.__tablename__}.contact_id": _plan_exclusions,
    f"{Invitation.__tablename__}.contact_id": _plan_invitations,
    f"{Response.__tablename__}.contact_id": _plan_responses,
    f"{RosterLine.__tablename__}.contact_id": _plan_roster_lines,
}

UNSETTLED = frozenset(
    {
        InvitationState.PLANNED,
        InvitationState.SENT,
        InvitationState.DELIVERED,
        InvitationState.STARTED,
    }
)
