"""Forks workers for crash tests: `python -m tests.vocapp.crash.worker_server CLOCK_FILE AT_WORK_FOLDER`.

Reads a JSON document per line that says how the worker shall live and die, and answers with its process id.
The workers are forked from this process, which has everything imported, so that they start at once; each runs
the product's own engine.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from integrations.dns import FixedResolver
from integrations.mail.smtp import SmtpTransport, Timeouts
from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.faults import FAULTS
from tests.vocapp.crash.points import POINTS, Countdown
from vocapp import worker
from vocapp.app import create_app
from vocapp.core.gateways import make_gateways
from vocapp.core.logs import set_up_logs
from vocapp.core.settings import load_settings
from vocapp.operations import engine
from vocapp.workflows import deliver_mail

PR_SET_PDEATHSIG = 1
# What has to do with mail; at the pace of these clocks, all the rest would come round every second too.
PERIODIC = ("sweep_mail", "reconcile_mail", "reconcile_old_mail", "forget_done_jobs")
TIMEOUTS = Timeouts(connect=2, reply=2, final=1)
# So short that few leaps of the clock come in between, and that what is periodic comes soon after a leap.
SLICE_SECONDS, SCHEDULE_SECONDS = 1.5, 0.5


def main(clock_file: Path, at_work: Path) -> None:
    """Fork a worker per line until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The dead need no burial.
    settings = load_settings()
    gateways = make_gateways(settings, dns=FixedResolver({}))
    names = (*PERIODIC, *os.environ.get("CRASH_PERIODIC", "").split())
    jobs = {kind: replace(task, run=noting(task.run, at_work)) for kind, task in worker.JOBS.items()}
    worker.WORK = engine.Work(jobs, {name: worker.PERIODIC[name] for name in names})
    deliver_mail.SLICE_SECONDS = SLICE_SECONDS
    engine.SCHEDULE_SECONDS = SCHEDULE_SECONDS
    app = create_app(gateways=replace(gateways, mail=SmtpTransport(settings.mail_url, timeouts=TIMEOUTS)))
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            live(app, clock_file, **json.loads(line))
        print(process, flush=True)


def noting(run: Callable[[engine.Payload], None], at_work: Path) -> Callable[[engine.Payload], None]:
    """Return a job that keeps a file named after its process while it runs."""

    def noted(payload: engine.Payload) -> None:
        note = at_work / f"{os.getpid()}.{threading.get_ident()}"
        note.touch()
        try:
            run(payload)
        finally:
            note.unlink()

    return noted


def live(app: Flask, clock_file: Path, *, point: str | None, passes: int, fault: str | None) -> None:
    """Be a worker that dies at a point when it passes there for the n-th time."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    code: Any = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        set_up_logs()
        JumpingClock(clock_file).rule_this_process()
        if fault is not None:
            FAULTS[fault]()
        if point is not None:
            POINTS[point](Countdown(passes))
        worker.serve_background_work(app, has_worker=True, has_scheduler=True)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
