"""No mail waits for ever: lost jobs are asked for anew, failed ones put the mail aside, people try again."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from integrations.mail.classify.verdict import MailKind, Reason, Verdict
from tests.builders import NOW
from tests.vocapp.inbound.builders import a_reply, an_asked_person, came_in, taken_in
from tests.vocapp.meetings import at_once
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.jobs import MAX_ATTEMPTS, Job, JobState
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import MOST_BYTES, InboundState, mail_key
from vocapp.inbound.service import judge_again, look_after_waiting
from vocapp.outbox.models import Message
from vocapp.worker import JOBS, PERIODIC, run_due_jobs
from vocapp.workflows import inbound_received as judging
from vocapp.workflows.inbound_received import inbound_received, sweep_inbound

LATER = NOW + timedelta(minutes=6)
SHARED = Path("tests/integrations/mail/classify/replies")


def jobs_of(mail: InboundMail) -> list[Job]:
    return list(db.session.scalars(db.select(Job).where(Job.key == f"inbound_received:{mail.id}")))


def looked_after(now=LATER) -> None:
    with transaction():
        look_after_waiting(now=now)


def test_a_mail_and_its_job_are_one_transaction(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    assert [(job.kind, job.payload) for job in jobs_of(mail)] == [("inbound_received", {"mail_id": mail.id})]


def test_both_jobs_are_known_to_the_worker(app: Flask) -> None:
    assert JOBS["inbound_received"].run is inbound_received
    assert JOBS["sweep_inbound"].run is sweep_inbound
    assert PERIODIC["sweep_inbound"] == timedelta(minutes=5)


def test_a_lost_job_is_asked_for_anew(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    with transaction():
        db.session.execute(db.delete(Job))
    looked_after()
    assert len(jobs_of(mail)) == 1
    run_due_jobs()
    assert db.session.get_one(InboundMail, mail.id, populate_existing=True).state == InboundState.HANDLED


def test_a_job_that_waits_or_runs_is_left_alone(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    run_at = NOW + timedelta(hours=1)
    for state in (JobState.QUEUED, JobState.LEASED):
        with transaction():
            db.session.execute(db.update(Job).values(state=state, run_at=run_at))
        looked_after()
        assert [(job.state, job.run_at) for job in jobs_of(mail)] == [(state, run_at)]


def test_a_mail_that_just_came_is_left_to_its_job(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    with transaction():
        db.session.execute(db.delete(Job))
    looked_after(NOW + timedelta(minutes=1))
    assert jobs_of(mail) == []


def test_a_mail_whose_job_was_given_up_is_put_aside_and_can_be_judged_again(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    with transaction():
        db.session.execute(db.update(Job).values(state=JobState.DEAD, attempts=MAX_ATTEMPTS))
    looked_after()
    assert mail.state == InboundState.QUARANTINED
    assert "could not be done" in mail.note
    with transaction():
        assert judge_again(mail.id)
    # The job that was given up is still on record, and no reason to put the mail aside once more.
    looked_after()
    run_due_jobs()
    mail = db.session.get_one(InboundMail, mail.id, populate_existing=True)
    assert (mail.state, mail.note.startswith("It names no mail of ours")) == (InboundState.HANDLED, True)


def judged_once_more(mail: InboundMail) -> tuple[str, str]:
    """Run the mail's job as if its time had come; the mail's state and note then."""
    with transaction():
        db.session.execute(db.update(Job).where(Job.state == JobState.QUEUED).values(run_at=utcnow()))
    run_due_jobs(limit=1)
    mail = db.session.get_one(InboundMail, mail.id, populate_existing=True)
    return mail.state, mail.note


def test_only_a_mail_that_takes_too_long_again_and_again_is_put_aside(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = taken_in(a_reply("Hello"))
    slow = Verdict(kind=MailKind.UNREADABLE, reason=Reason.TOO_SLOW)
    monkeypatch.setattr(judging, "classify_safely", lambda *_, **__: slow)
    assert [judged_once_more(mail)[0] for _ in range(2)] == [InboundState.RECEIVED] * 2
    assert judged_once_more(mail) == (InboundState.QUARANTINED, "Reading it took too long.")


def test_a_mail_that_took_too_long_once_is_judged_when_the_machine_is_free(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = taken_in(a_reply("Hello"))
    slow = Verdict(kind=MailKind.UNREADABLE, reason=Reason.TOO_SLOW)
    monkeypatch.setattr(judging, "classify_safely", lambda *_, **__: slow)
    judged_once_more(mail)
    monkeypatch.undo()
    assert judged_once_more(mail)[0] == InboundState.HANDLED


def test_a_machine_that_can_begin_no_process_puts_no_mail_aside(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = taken_in(a_reply("Hello"))

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("integrations.mail.classify.safely.subprocess.run", refuse)
    assert [judged_once_more(mail)[0] for _ in range(4)] == [InboundState.RECEIVED] * 4
    assert jobs_of(mail)[0].last_error == "This machine cannot begin a process now (BlockingIOError)."
    monkeypatch.undo()
    assert judged_once_more(mail)[0] == InboundState.HANDLED


def test_a_mail_that_is_judged_while_it_is_looked_for_is_not_put_aside(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    with transaction():
        db.session.execute(db.update(Job).values(state=JobState.DEAD, attempts=MAX_ATTEMPTS))

    def judge(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM jobs" in statement:
            connection.exec_driver_sql("UPDATE inbound_mails SET state = 'handled'")

    event.listen(db.engine, "before_cursor_execute", judge)
    try:
        looked_after()
    finally:
        event.remove(db.engine, "before_cursor_execute", judge)
    found = db.session.get_one(InboundMail, mail.id, populate_existing=True)
    assert (found.state, found.note) == (InboundState.HANDLED, "")


def test_only_what_was_judged_and_is_still_kept_whole_can_be_judged_again(app: Flask) -> None:
    handled, aside, cut = came_in(a_reply("Hello")), came_in(b""), came_in(b"x" * (MOST_BYTES + 1))
    with transaction():
        assert judge_again(handled.id)
        assert not judge_again(handled.id)
        assert judge_again(aside.id)
        assert not judge_again(cut.id)
        aside.state, aside.raw = InboundState.QUARANTINED, None
    with transaction():
        assert not judge_again(aside.id)


@pytest.mark.usefixtures("bounce_domain")
def test_judging_again_what_was_handled_makes_nothing_follow_twice(app: Flask) -> None:
    _invitation, message = an_asked_person()
    mail = came_in(a_reply("I have left Acme. Please ask ken@customer.example.", to=message))
    before = [(one.key, one.decision) for one in db.session.scalars(db.select(Suggestion))]
    letters = db.select(Message).where(Message.template == "reply_received")
    assert (len(before), len(db.session.scalars(letters).all())) == (2, 1)
    with transaction():
        assert judge_again(mail.id)
    run_due_jobs()
    db.session.expire_all()
    assert db.session.get_one(InboundMail, mail.id).state == InboundState.HANDLED
    assert [(one.key, one.decision) for one in db.session.scalars(db.select(Suggestion))] == before
    assert len(db.session.scalars(letters).all()) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.one_of(
        st.binary(max_size=2_000),
        st.tuples(
            st.sampled_from(sorted(SHARED.glob("*.eml"))), st.binary(max_size=40), st.integers(0, 1_500)
        ).map(lambda made: (text := made[0].read_bytes())[: made[2]] + made[1] + text[made[2] :]),
    )
)
def test_whatever_comes_in_is_judged_and_changes_nobody_we_know(app: Flask, raw: bytes) -> None:
    with transaction():
        db.session.execute(db.delete(InboundMail))
    mail = came_in(raw)
    assert mail.state != InboundState.RECEIVED
    assert mail.kind
    assert mail.key == mail_key(raw, envelope_from="", envelope_to="")
    assert db.session.scalars(db.select(Evidence)).all() == []
    assert {job.state for job in jobs_of(mail)} == {JobState.DONE}


def test_two_workers_judge_one_mail_once(separate_app: Flask) -> None:
    with separate_app.app_context():
        _invitation, message = an_asked_person()
        mail = taken_in(a_reply("I am not the right person. Please ask ken@customer.example.", to=message))
        mail_id = mail.id
    at_once(separate_app, *(lambda: inbound_received({"mail_id": mail_id}) for _worker in range(3)))
    with separate_app.app_context():
        mail = db.session.get_one(InboundMail, mail_id)
        assert (mail.state, mail.kind) == (InboundState.HANDLED, "human")
        told = db.select(Message).where(Message.template == "reply_received")
        assert len(db.session.scalars(told).all()) == 1


def test_the_sweep_runs_as_a_job(app: Flask) -> None:
    mail = taken_in(a_reply("Hello"))
    with transaction():
        db.session.execute(db.delete(Job))
    assert mail.received_at < utcnow() - timedelta(minutes=5)
    sweep_inbound({})
    assert len(jobs_of(mail)) == 1


@pytest.mark.parametrize("raw", [bytes(range(256)) * 12, b"words without any header"])
def test_a_mail_that_nobody_can_have_written_is_put_aside_and_is_no_reply(app: Flask, raw: bytes) -> None:
    mail = came_in(raw)
    assert mail.state == InboundState.QUARANTINED
    assert mail.note
