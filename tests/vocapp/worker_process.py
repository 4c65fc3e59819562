"""A worker or scheduler process for tests.

`python -m tests.vocapp.worker_process PART LEASE_SECONDS HANDOVER_SECONDS`.
Beside the real jobs it knows "note", which takes a moment and leaves an audit entry to be counted.
"""

import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from vocapp import worker
from vocapp.app import create_app
from vocapp.core import jobs
from vocapp.core.audit import record_act
from vocapp.core.db import transaction
from vocapp.core.logs import set_up_logs


def note(payload: Mapping[str, Any]) -> None:
    """Take a moment, then leave a trace."""
    time.sleep(0.05)
    with transaction():
        record_act("noted", actor_id=None, subject_kind="note", subject_id=payload["number"])


if __name__ == "__main__":
    part, lease_seconds, handover_seconds = sys.argv[1:]
    jobs.HANDOVER = timedelta(seconds=int(handover_seconds))
    set_up_logs()
    worker.JOBS["note"] = worker.Task(note, lease=timedelta(seconds=int(lease_seconds)))
    worker.serve_background_work(
        create_app(), has_worker=part in {"worker", "both"}, has_scheduler=part in {"scheduler", "both"}
    )
