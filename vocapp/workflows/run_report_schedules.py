"""Reports that are made by themselves: each schedule that is due, each once for its day."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.sharing.models import ReportSchedule
from vocapp.sharing.queries import active_schedules
from vocapp.sharing.scheduling import refuse_schedule, run_schedule

log = structlog.get_logger()


def run_report_schedules(_payload: Mapping[str, Any]) -> None:
    """Make the reports that are due. Safe to run twice, and by two at once.

    Each schedule has a transaction of its own, so that one that is refused holds up no other.
    """
    with reading():
        due = list(active_schedules())
    for schedule_id in due:
        try:
            with transaction():
                schedule = db.session.get(ReportSchedule, schedule_id)
                if schedule is not None and schedule.is_active:
                    run_schedule(schedule, now=utcnow())
        except IntegrityError:
            # Removed under our hands, or somebody it goes to was; what is still there is tried again.
            log.info("report_schedule_interrupted", schedule_id=schedule_id)
        except DomainError as refusal:
            _note(schedule_id, str(refusal))


def _note(schedule_id: int, reason: str) -> None:
    with transaction():
        schedule = db.session.get(ReportSchedule, schedule_id)
        if schedule is not None:
            refuse_schedule(schedule, reason, now=utcnow())
