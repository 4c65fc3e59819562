"""A wave from launch to its end, through the worker, on a database of its own."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.vocapp.campaigns.builders import a_draft, invitations_of, messages_for
from vocapp.campaigns.audience import audience
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.campaigns.service import settle_invitation
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.worker import run_due_jobs
from vocapp.workflows.close_waves import close_due_waves
from vocapp.workflows.launch_wave import launch_wave as run_launch
from vocapp.workflows.remind import send_due_reminders


@pytest.fixture
def inside(separate_app: Flask) -> Iterator[Flask]:
    with separate_app.app_context():
        a_company()
        yield separate_app


def launched(people: int = 3, *, at: datetime = NOW) -> Wave:
    owner = a_user(name="Ana Costa")
    account = an_account(owner_id=owner.id)
    for _ in range(people):
        a_contact(account)
    wave = a_draft(account, owner=owner)
    with transaction():
        launch_wave(wave, at=None, now=at)
    return wave


def states(wave: Wave) -> list[str]:
    return [invitation.state for invitation in invitations_of(wave)]


@pytest.mark.usefixtures("inside")
def test_a_wave_runs_from_launch_to_silence() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        wave = launched()
        run_due_jobs()
        assert states(wave) == [InvitationState.DELIVERED] * 3
        with transaction():
            settle_invitation(invitations_of(wave)[0], InvitationState.COMPLETED, NOW)
        # 09:00 on the third working day after a Wednesday.
        clock.move_to(datetime.fromisoformat("2026-03-16T08:59+00:00"))
        send_due_reminders({})
        assert len(messages_for(wave)) == 3
        clock.move_to(datetime.fromisoformat("2026-03-16T09:00+00:00"))
        send_due_reminders({})
        run_due_jobs()
        reminders = [message for message in messages_for(wave) if message.template == "reminder"]
        assert [message.state for message in reminders] == [MessageState.SENT] * 2
        clock.move_to(NOW + timedelta(days=21))
        close_due_waves({})
        assert states(wave) == [
            InvitationState.COMPLETED,
            InvitationState.SILENT,
            InvitationState.SILENT,
        ]


@pytest.mark.usefixtures("inside")
def test_nobody_is_asked_again_before_they_rested_and_everybody_after() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        wave = launched()
        run_due_jobs()
        account = wave.accounts[0]
        again = a_draft(account, owner=wave.owner)
        clock.move_to(NOW + timedelta(days=30))
        assert set(audience(again, now=NOW + timedelta(days=30)).reasons) == {ExclusionReason.ASKED_RECENTLY}
        assert len(audience(again, now=NOW + timedelta(days=91)).asked) == 3


@pytest.mark.usefixtures("inside")
def test_a_mail_queued_for_a_wave_that_was_closed_is_not_sent() -> None:
    with time_machine.travel(NOW, tick=False):
        wave = launched()
        run_launch({"wave_id": wave.id})
        with transaction():
            wave.state = WaveState.CLOSED
        run_due_jobs()
        assert {message.state for message in messages_for(wave)} == {MessageState.CANCELLED}


def test_two_workers_launching_one_wave_ask_everybody_once(inside: Flask) -> None:
    with time_machine.travel(NOW, tick=False):
        wave_id = launched(60).id
        db.session.rollback()
        failures: list[BaseException] = []

        def work() -> None:
            with inside.app_context():
                try:
                    run_launch({"wave_id": wave_id})
                except BaseException as failure:
                    failures.append(failure)
                finally:
                    db.session.remove()

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        db.session.rollback()
        assert failures == []
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 60
        assert db.session.scalar(select(func.count()).select_from(Message)) == 60


def test_two_schedulers_close_a_wave_once(inside: Flask) -> None:
    with time_machine.travel(NOW, tick=False):
        wave = launched()
        run_launch({"wave_id": wave.id})
        db.session.rollback()

    def work() -> None:
        with inside.app_context():
            close_due_waves({})
            db.session.remove()

    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    db.session.rollback()
    closings = select(func.count()).select_from(Job).where(Job.kind == "wave_closed")
    assert db.session.scalar(closings) == 1
