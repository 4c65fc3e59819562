"""Runs that kill themselves at a point: `python -m tests.vocapp.sync.killed_run`, one order per line.

An order names a database, a connection and a point. A child made by fork runs the sync and is killed there
by SIGKILL, as by the machine; the answer is the signal it died of, or 0. One process serves many orders,
because importing takes longer than running.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from integrations.crm.salesforce import bulk
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.dns import FixedResolver
from tests.conftest import environment_for
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import settings_of
from vocapp.app import create_app
from vocapp.core.connection_settings import SalesforceSettings
from vocapp.core.gateways import gateways, make_gateways
from vocapp.core.settings import load_settings
from vocapp.sync import landing, planning, rules
from vocapp.sync.rules import RunKind
from vocapp.workflows import crm_reading, crm_writing, sync_crm

ROOT = Path(__file__).resolve().parents[3]

# Where a run can die: who is asked for what.
PLACES: dict[str, tuple[Any, str]] = {
    "open": (SalesforceCrm, "open_bulk"),
    "fill": (SalesforceCrm, "fill_bulk"),
    "close": (bulk, "close_job"),
    "poll": (SalesforceCrm, "bulk_status"),
    "results": (SalesforceCrm, "bulk_results"),
    "note": (crm_writing, "note_written"),
    "make job": (crm_writing, "make_job"),
    "claim": (crm_writing, "claim"),
    "attach": (crm_writing, "attach_rows"),
    "note opened": (crm_writing, "note_opened"),
    "note filled": (crm_writing, "note_filled"),
    "finish": (crm_writing, "finish_job"),
    "write": (SalesforceCrm, "write"),
    "fetch": (SalesforceCrm, "fetch"),
    "land": (crm_reading, "land_page"),
    "move": (crm_reading, "move_place"),
    "close reading": (crm_reading, "close_reading"),
    "plan": (planning, "plan_links"),
    "store": (landing, "write_links"),
    "end": (sync_crm, "finish_run"),
}


def die_at(place: str, when: str, nth: int) -> None:
    """Kill this process before or after the nth time something is done."""
    owner, name = PLACES[place]
    original: Callable[..., Any] = getattr(owner, name)
    done = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal done
        done += 1
        if when == "before" and done == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if when == "after" and done == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def obey(order: dict[str, Any]) -> None:
    """Run as ordered; whoever gets to the end was not killed."""
    settings = load_settings(order["settings"])
    for name, value in order["sizes"].items():
        setattr(rules if hasattr(rules, name) else crm_writing, name, value)
    SalesforceCrm.write_size = order["write_size"]
    settings = replace(settings, salesforce=SalesforceSettings(**order["org"]))
    app = create_app(gateways=make_gateways(settings, dns=FixedResolver()))
    die_at(*order["point"])
    with app.app_context():
        sync_crm.run_sync(order["connection_id"], RunKind.SYNC, sleep=lambda _seconds: None)


class Executioner:
    """The serving process as tests use it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.vocapp.sync.killed_run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def run_until(
        self,
        app: Flask,
        org: SalesforceEmulator,
        connection_id: int,
        point: tuple[str, str, int],
        *,
        write_size: int = 200,
        **sizes: int,
    ) -> int:
        """Run in a process that dies at a point, and return the signal it died of, or 0."""
        with app.app_context():
            environment = environment_for(gateways().settings)
        access = settings_of(org)
        names = ("domain", "consumer_key", "consumer_secret", "emulator_url")
        order = {
            "settings": {name: value for name, value in environment.items() if name.startswith("VOCAPP_")},
            "org": {name: getattr(access, name) for name in names},
            "connection_id": connection_id,
            "point": point,
            "write_size": write_size,
            "sizes": sizes,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        """Let the serving process end."""
        self._process.communicate(timeout=30)


def serve() -> None:
    """Obey orders until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # What a run prints must not be taken for an answer.
            os.dup2(2, 1)
            obey(json.loads(line))
            os._exit(0)
        _child, status = os.waitpid(child, 0)
        print(
            os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.waitstatus_to_exitcode(status), flush=True
        )


if __name__ == "__main__":
    serve()
