"""Events whose day has come ask whom they concern."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.triggers.due import due_events, firings_to_look_at, triggers_that_are_on
from vocapp.triggers.firing import fire_event, look_again
from vocapp.triggers.models import Trigger

AT_ONCE = 200


def fire_triggers(_payload: Mapping[str, Any]) -> None:
    """Let every due event ask, and look again at those who could not be asked before.

    Each event is a transaction of its own: a worker that dies loses nothing, the next run goes on where this
    one stopped, and two at once ask nobody twice. What is more than some hundred waits for the next run.
    """
    now = utcnow()
    with reading():
        triggers, later = triggers_that_are_on(), firings_to_look_at(now=now, limit=AT_ONCE)
    for firing_id in later:
        with transaction():
            look_again(firing_id, now=now)
    for trigger_id in triggers:
        with reading():
            trigger = db.session.get(Trigger, trigger_id)
            due = due_events(trigger, now=now, limit=AT_ONCE) if trigger is not None else []
        for event in due:
            with transaction():
                fire_event(trigger_id, event, now=now)
