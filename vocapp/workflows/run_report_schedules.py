"""Reports that are made by themselves: each schedule that is due, each once for its day."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.sharing.models import ReportSchedule
from vocapp.sharing.queries import active_schedules
from vocapp.sharing.scheduling import run_schedule


def run_report_schedules(_payload: Mapping[str, Any]) -> None:
    """Make the reports that are due. Safe to run twice, and by two at once.

    Each schedule has a transaction of its own, so that one that fails holds up no other.
    """
    with reading():
        due = list(active_schedules())
    for schedule_id in due:
        with transaction():
            schedule = db.session.get(ReportSchedule, schedule_id)
            if schedule is not None and schedule.is_active:
                run_schedule(schedule, now=utcnow())
