"""Two schedulers, a hundred waves: each once."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from tests.builders import a_contact, a_user, an_account
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.meetings import at_once
from tests.vocapp.series.builders import a_campaign, a_csm_with_accounts
from vocapp.campaigns.control import pause_wave
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job, JobState
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.series.models import CampaignPart, CampaignRun
from vocapp.worker import run_due_jobs
from vocapp.workflows.deliver_mail import deliver_mail
from vocapp.workflows.launch_wave import launch_wave as run_launch
from vocapp.workflows.run_campaigns import run_campaigns

WAVES = 100


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def drain() -> None:
    while run_due_jobs(limit=500):
        pass


def test_two_schedulers_launch_a_hundred_scheduled_waves_once_each(separate_app: Flask) -> None:
    with separate_app.app_context():
        owner = a_user()
        for _unused in range(WAVES):
            wave = a_draft(a_contact(an_account(owner_id=owner.id)).account, owner=owner, is_any_hour=True)
            with transaction():
                launch_wave(wave, at=utcnow() + timedelta(seconds=1), now=utcnow())
        with transaction():
            for job in db.session.scalars(select(Job).where(Job.kind == "launch_wave")):
                job.run_at = utcnow()
            db.session.query(Job).filter(Job.kind == "deliver_mail").update({"state": JobState.DONE})
        db.session.remove()
    at_once(separate_app, drain, drain)
    with separate_app.app_context():
        states = db.session.scalars(select(Wave.state)).all()
        assert states == [WaveState.OPEN] * WAVES
        assert count(Invitation) == WAVES
        asked = select(func.count()).where(Message.template == "invitation")
        assert db.session.scalar(asked) == WAVES


def test_two_schedulers_make_every_wave_of_a_campaign_once(separate_app: Flask) -> None:
    with separate_app.app_context():
        for _unused in range(WAVES):
            a_csm_with_accounts()
        a_campaign(launch_on=utcnow().date())
        db.session.remove()
    at_once(separate_app, lambda: run_campaigns({}), lambda: run_campaigns({}))
    with separate_app.app_context():
        assert (count(CampaignRun), count(CampaignPart), count(Wave)) == (1, WAVES, WAVES)
        assert len(set(db.session.scalars(select(Wave.owner_id)))) == WAVES


def test_no_mail_begins_once_a_pause_is_committed(separate_app: Flask) -> None:
    with separate_app.app_context():
        owner = a_user()
        account = an_account(owner_id=owner.id)
        for _unused in range(60):
            a_contact(account)
        wave = a_draft(account, owner=owner, is_any_hour=True)
        with transaction():
            launch_wave(wave, at=None, now=utcnow())
        run_launch({"wave_id": wave.id})
        wave_id = wave.id
        db.session.remove()
    paused: list[set[int]] = []

    def pause() -> None:
        while not begun():
            db.session.rollback()
        with transaction():
            held = db.session.get_one(Wave, wave_id)
            pause_wave(held, by=held.owner, now=utcnow())
        paused.append(begun())

    at_once(separate_app, lambda: deliver_mail({}), lambda: deliver_mail({}), pause)
    with separate_app.app_context():
        assert begun() <= paused[0]
        assert count(Message) == 60


def begun() -> set[int]:
    """The mails that a worker has begun to send, or has sent."""
    states = (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)
    return set(db.session.scalars(select(Message.id).where(Message.state.in_(states))))
