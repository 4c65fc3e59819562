"""Background work: which function a job name means, and the process that runs them."""

import signal
import threading
from datetime import timedelta

from flask import Flask

from vocapp.api.service import forget_answers
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.jobs import Lease, forget_finished_jobs, lease_due_jobs
from vocapp.core.settings import read_notify_socket
from vocapp.operations.engine import Engine, Payload, Task, Work
from vocapp.operations.engine import run_job as run_job_of
from vocapp.operations.heartbeats import Heartbeat, forget_silent_parts, tell_systemd
from vocapp.operations.rules import PartName
from vocapp.workflows.ask_rested import ask_rested_people
from vocapp.workflows.close_waves import close_due_waves
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail
from vocapp.workflows.fire_triggers import fire_triggers
from vocapp.workflows.history_imported import history_imported
from vocapp.workflows.import_file import import_file
from vocapp.workflows.inbound_received import inbound_received, sweep_inbound
from vocapp.workflows.launch_wave import launch_wave
from vocapp.workflows.let_mail_go import let_mail_go
from vocapp.workflows.look_after_champions import look_after_champions
from vocapp.workflows.mail_heard import mail_heard
from vocapp.workflows.mail_paused import judge_mail_complaints, tell_of_mail_pause
from vocapp.workflows.poll_mail import fetch_mail, poll_mail
from vocapp.workflows.preview_method import preview_method
from vocapp.workflows.read_comments import read_comments
from vocapp.workflows.reconcile_mail import reconcile_mail, reconcile_old_mail
from vocapp.workflows.remind import send_due_reminders
from vocapp.workflows.remind_assessments import remind_assessments
from vocapp.workflows.remind_method_review import remind_method_review
from vocapp.workflows.render_report import render_report
from vocapp.workflows.rescore import rescore_accounts, rescore_everything
from vocapp.workflows.response_received import response_received
from vocapp.workflows.run_campaigns import run_campaigns
from vocapp.workflows.run_report_schedules import run_report_schedules
from vocapp.workflows.sync_crm import start_due_syncs, sync_crm
from vocapp.workflows.tell_answered import tell_answered
from vocapp.workflows.wave_closed import wave_closed

KEEP_DONE_JOBS = timedelta(days=7)
# A dispatcher that has not come round for so long is stuck, and systemd is no longer told that all is well.
STUCK_SECONDS = 60.0


def _forget_done_jobs(_payload: Payload) -> None:
    with transaction():
        forget_finished_jobs(before=utcnow() - KEEP_DONE_JOBS)
        forget_silent_parts(now=utcnow())
        forget_answers(now=utcnow())


JOBS: dict[str, Task] = {
    "import_file": Task(import_file, lease=timedelta(minutes=15)),
    "history_imported": Task(history_imported, lease=timedelta(minutes=15)),
    "launch_wave": Task(launch_wave, lease=timedelta(minutes=10)),
    "deliver_mail": Task(deliver_mail),
    "sweep_mail": Task(sweep_mail),
    "judge_complaints": Task(judge_mail_complaints),
    "mail_paused": Task(tell_of_mail_pause),
    "mail_heard": Task(mail_heard),
    "poll_mail": Task(poll_mail),
    "fetch_mail": Task(fetch_mail),
    "reconcile_mail": Task(reconcile_mail, lease=timedelta(minutes=5)),
    "reconcile_old_mail": Task(reconcile_old_mail, lease=timedelta(minutes=15)),
    "inbound_received": Task(inbound_received),
    "sweep_inbound": Task(sweep_inbound),
    "let_mail_go": Task(let_mail_go, lease=timedelta(minutes=15)),
    "response_received": Task(response_received),
    "tell_answered": Task(tell_answered, lease=timedelta(minutes=10)),
    "wave_closed": Task(wave_closed, lease=timedelta(minutes=10)),
    "read_comments": Task(read_comments, lease=timedelta(minutes=15)),
    "render_report": Task(render_report),
    "run_report_schedules": Task(run_report_schedules, lease=timedelta(minutes=10)),
    "rescore_accounts": Task(rescore_accounts, lease=timedelta(minutes=15)),
    "rescore_everything": Task(rescore_everything, lease=timedelta(minutes=15)),
    "preview_method": Task(preview_method, lease=timedelta(minutes=15)),
    "close_due_waves": Task(close_due_waves),
    "send_due_reminders": Task(send_due_reminders),
    "ask_rested_people": Task(ask_rested_people, lease=timedelta(minutes=10)),
    "look_after_champions": Task(look_after_champions),
    "remind_assessments": Task(remind_assessments),
    "remind_method_review": Task(remind_method_review),
    "start_due_syncs": Task(start_due_syncs),
    "run_campaigns": Task(run_campaigns, lease=timedelta(minutes=15)),
    "fire_triggers": Task(fire_triggers, lease=timedelta(minutes=10)),
    "sync_crm": Task(sync_crm, lease=timedelta(minutes=10)),
    "forget_done_jobs": Task(_forget_done_jobs),
}

PERIODIC: dict[str, timedelta] = {
    "close_due_waves": timedelta(minutes=1),
    "sweep_mail": timedelta(minutes=1),
    "poll_mail": timedelta(minutes=1),
    "reconcile_mail": timedelta(minutes=5),
    "reconcile_old_mail": timedelta(hours=1),
    "sweep_inbound": timedelta(minutes=5),
    "let_mail_go": timedelta(days=1),
    "rescore_everything": timedelta(days=1),
    "send_due_reminders": timedelta(minutes=5),
    "ask_rested_people": timedelta(minutes=5),
    "read_comments": timedelta(days=1),
    "look_after_champions": timedelta(minutes=5),
    "remind_assessments": timedelta(days=1),
    "remind_method_review": timedelta(days=1),
    "start_due_syncs": timedelta(minutes=1),
    "fire_triggers": timedelta(minutes=5),
    "run_campaigns": timedelta(minutes=5),
    "run_report_schedules": timedelta(minutes=15),
    "forget_done_jobs": timedelta(days=1),
}


WORK = Work(JOBS, PERIODIC)


def run_job(lease: Lease) -> None:
    """Run one leased job inside an app context: done, tried again later, or given up with its reason."""
    run_job_of(lease, WORK)


def run_due_jobs(*, limit: int = 100) -> int:
    """Run what is due now, here, one after another; return how many ran. For tests and one-shot commands."""
    ran = 0
    while ran < limit:
        with transaction():
            leases = lease_due_jobs(1, now=utcnow())
        if not leases:
            return ran
        run_job(leases[0])
        ran += 1
    return ran


def serve_background_work(app: Flask, *, has_worker: bool, has_scheduler: bool) -> None:
    """Run jobs and/or dispatch them until SIGTERM or SIGINT; then finish or give back what was begun."""
    engine = Engine(app, WORK, app.extensions["vocapp"].settings.broker_url)
    heartbeat = Heartbeat(app, _part_name(has_worker=has_worker, has_scheduler=has_scheduler))
    listener = read_notify_socket()
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    if has_worker:
        engine.start_worker()
    if has_scheduler:
        engine.start_dispatcher()
    heartbeat.start()
    tell_systemd("READY=1", notify_socket=listener)
    while not stopped.wait(1.0):
        if engine.has_stopped_dispatching:
            raise SystemExit("The dispatcher stopped; see the log for the reason and start the worker again.")
        if engine.is_moving(within=STUCK_SECONDS):
            tell_systemd("WATCHDOG=1", notify_socket=listener)
    tell_systemd("STOPPING=1", notify_socket=listener)
    engine.stop()
    heartbeat.stop()


def _part_name(*, has_worker: bool, has_scheduler: bool) -> PartName:
    if has_worker and has_scheduler:
        return PartName.WORKER_AND_SCHEDULER
    return PartName.WORKER if has_worker else PartName.SCHEDULER
