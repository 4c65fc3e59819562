"""The figures to watch, read from the database: whichever process is asked says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, text

from vocapp.core.db import db
from vocapp.core.jobs import Job, JobState, Schedule, oldest_waiting
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.operations.models import RunningPart
from vocapp.outbox.models import Message
from vocapp.outbox.queries import counts_by_state
from vocapp.outbox.rules import MessageState
from vocapp.responses.models import Response

HOUR = timedelta(hours=1)
UNFINISHED = (JobState.QUEUED, JobState.LEASED, JobState.DEAD)


@dataclass(frozen=True)
class Figures:
    """What an operator watches; ages are in seconds and 0 when nothing waits."""

    messages: dict[str, int]
    oldest_due_message: float
    sent_last_hour: int
    jobs: dict[str, int]
    unfinished_jobs: dict[tuple[str, str], int]
    oldest_due_job: float
    latest_schedule: float
    responses_last_hour: int
    mails_in: dict[str, int]
    parts: Sequence[RunningPart]


def read_figures(now: datetime) -> Figures:
    """Return all figures as they are now."""
    return Figures(
        messages={state.value: count for state, count in counts_by_state().items()},
        oldest_due_message=_age(
            select(func.min(Message.next_attempt_at)).where(Message.state == MessageState.QUEUED), now
        ),
        sent_last_hour=_count(select(func.count()).where(Message.sent_at > now - HOUR)),
        jobs=_jobs_by_state(),
        unfinished_jobs=_unfinished_jobs(),
        oldest_due_job=_seconds_since(oldest_waiting(now=now), now),
        latest_schedule=_age(select(func.min(Schedule.next_run_at)), now),
        responses_last_hour=_count(select(func.count()).where(Response.answered_at > now - HOUR)),
        mails_in=_mails_in_by_state(),
        parts=running_parts(),
    )


def running_parts() -> Sequence[RunningPart]:
    """Return the processes that said they run, by machine, part and start."""
    order = (RunningPart.machine, RunningPart.name, RunningPart.started_at, RunningPart.id)
    return db.session.scalars(select(RunningPart).order_by(*order)).all()


def applied_revisions() -> frozenset[str]:
    """Return the revisions of the tables that the database says it has."""
    return frozenset(db.session.scalars(text("SELECT version_num FROM alembic_version")))


def _jobs_by_state() -> dict[str, int]:
    counted = dict(db.session.execute(select(Job.state, func.count()).group_by(Job.state)).all())
    return {state.value: counted.get(state, 0) for state in JobState}


def _mails_in_by_state() -> dict[str, int]:
    counts = select(InboundMail.state, func.count()).group_by(InboundMail.state)
    counted = dict(db.session.execute(counts).all())
    return {state.value: counted.get(state, 0) for state in InboundState}


def _unfinished_jobs() -> dict[tuple[str, str], int]:
    grouped = select(Job.kind, Job.state, func.count()).where(Job.state.in_(UNFINISHED))
    rows = db.session.execute(grouped.group_by(Job.kind, Job.state).order_by(Job.kind, Job.state))
    return {(kind, state): count for kind, state, count in rows}


def _count(statement: Select[int]) -> int:
    return db.session.scalar(statement) or 0


def _age(statement: Select[datetime | None], now: datetime) -> float:
    return _seconds_since(db.session.scalar(statement), now)


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
