"""Bulk jobs as this side knows them: made before they are made over there, so that a restart finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from integrations.crm.records import Operation
from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmJob, CrmPush
from vocapp.sync.rules import PushState
from vocapp.sync.sending import Outgoing, outgoing_of


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job, apart from the database."""

    id: int
    object: str
    operation: Operation
    remote_id: str | None
    is_filled: bool


def make_job(context: Context, plan: Plan, operation: Operation) -> JobFacts:
    """Make a job here that does not exist over there yet."""
    job = CrmJob(
        connection_id=context.connection_id,
        object=plan.object,
        operation=operation,
        run_id=context.run_id,
        created_at=context.now,
    )
    db.session.add(job)
    db.session.flush()
    return _facts(job)


def open_jobs(context: Context) -> list[JobFacts]:
    """Return the jobs of which the end is not noted yet, oldest first."""
    rows = select(CrmJob).where(CrmJob.connection_id == context.connection_id, CrmJob.finished_at.is_(None))
    with_rows = db.session.scalars(rows.order_by(CrmJob.id)).all()
    return [_facts(job) for job in with_rows]


def _facts(job: CrmJob) -> JobFacts:
    return JobFacts(job.id, job.object, Operation(job.operation), job.remote_id, job.is_filled)


def attach_rows(job: JobFacts, push_ids: Sequence[int]) -> None:
    """Say which claimed changes are in a job; the others were settled without it."""
    for start in range(0, len(push_ids), 500):
        some = push_ids[start : start + 500]
        db.session.execute(update(CrmPush).where(CrmPush.id.in_(some)).values(job_id=job.id))


def job_rows(context: Context, job_id: int) -> list[Outgoing]:
    """Return the changes of a job that are under way, those of one account together."""
    rows = select(CrmPush).where(
        CrmPush.connection_id == context.connection_id,
        CrmPush.job_id == job_id,
        CrmPush.state == PushState.SENDING,
    )
    return [outgoing_of(push) for push in db.session.scalars(rows.order_by(CrmPush.group_key, CrmPush.id))]


def note_opened(job_id: int, remote_id: str) -> None:
    """Remember the other side's name of a job before anything is handed over."""
    db.session.execute(update(CrmJob).where(CrmJob.id == job_id).values(remote_id=remote_id, is_filled=False))


def note_filled(job_id: int) -> None:
    """Remember that the other side has all rows and was told so."""
    db.session.execute(update(CrmJob).where(CrmJob.id == job_id).values(is_filled=True))


def finish_job(context: Context, job_id: int, *, reason: str, at: datetime) -> None:
    """Note that a job is over and its results are noted; rows nobody spoke of wait again."""
    release_rows(context, job_id)
    db.session.execute(
        update(CrmJob).where(CrmJob.id == job_id).values(finished_at=at, reason=reason[:500] or None)
    )


def drop_job(context: Context, job_id: int, *, reason: str) -> None:
    """Forget a job that has nothing to do."""
    db.session.execute(
        update(CrmJob).where(CrmJob.id == job_id).values(finished_at=context.now, reason=reason)
    )


def release_rows(context: Context, job_id: int) -> None:
    """Put back the rows of a job that are still under way."""
    db.session.execute(
        update(CrmPush)
        .where(CrmPush.job_id == job_id, CrmPush.state == PushState.SENDING)
        .values(state=PushState.WAITING, job_id=None, due_at=context.now)
    )
