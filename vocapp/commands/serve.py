"""`vocapp up`, `web`, `worker`, `scheduler`: the running program, whole or in parts."""

import ctypes
import gc
import multiprocessing
import signal
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from vocapp.app import create_app
from vocapp.commands.database import bring_up_to_date
from vocapp.commands.mail_serve import take_mail_in
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.logs import set_up_logs
from vocapp.core.settings import Settings, load_settings, read_environment
from vocapp.demo.service import demo_sign_ins, has_demo, load_demo
from vocapp.identity.queries import has_users
from vocapp.identity.service import setup_url
from vocapp.operations.engine import STOP_SECONDS
from vocapp.operations.heartbeats import Heartbeat
from vocapp.operations.request_counts import request_counts
from vocapp.operations.rules import PartName
from vocapp.worker import serve_background_work

WEB_PROCESSES = 2
PR_SET_PDEATHSIG = 1  # From linux/prctl.h.


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with our app and options."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, help="Port to listen at.")
@click.option("--workers", default=2, show_default=True, help="Processes that answer requests.")
def web(host: str, port: int, workers: int) -> None:
    """Serve the pages.

    Example: vocapp web --host 0.0.0.0 --port 8000
    """
    set_up_logs()
    serve_pages(create_app(), host=host, port=port, workers=workers)


def serve_pages(app: Flask, *, host: str, port: int, workers: int) -> None:
    """Serve the pages until SIGTERM or SIGINT."""
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "preload_app": True,
        "timeout": 60,
        "errorlog": "-",
        "loglevel": "warning",
        "graceful_timeout": 30,
        "post_fork": lambda _server, worker: _begin_own_life(app, worker),
        "worker_exit": lambda _server, worker: worker.heartbeat.stop(),
    }
    # Modules and mappings stay for good. Looking through them again at each full collection would hold up
    # one request in twenty for a quarter of a second.
    gc.collect()
    gc.freeze()
    _Server(app, options).run()


def _begin_own_life(app: Flask, worker: Any) -> None:
    _end_with_parent()
    with app.app_context():
        db.engine.dispose(close=False)
    request_counts(app).take_share(worker.age)
    worker.heartbeat = Heartbeat(app, PartName.WEB)
    worker.heartbeat.start()


@click.command()
def worker() -> None:
    """Run background work that the scheduler hands out through the broker; without a broker, do both.

    Example: vocapp worker
    """
    set_up_logs()
    settings = load_settings()
    serve_background_work(create_app(settings), has_worker=True, has_scheduler=settings.broker_url is None)


@click.command()
def scheduler() -> None:
    """Hand out due work to workers through the broker; any number may run at once.

    Example: vocapp scheduler
    """
    set_up_logs()
    settings = load_settings()
    if settings.broker_url is None:
        raise DomainError("Without VOCAPP_BROKER_URL the worker hands out its own work; run: vocapp worker")
    serve_background_work(create_app(settings), has_worker=False, has_scheduler=True)


@click.command()
@click.option("--empty", is_flag=True, help="Start without the demo company.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, help="Port to listen at.")
def up(empty: bool, host: str, port: int) -> None:
    """Bring the database up to date and serve pages and background work until stopped.

    Example: vocapp up --port 8080
    """
    settings = load_settings()
    if "VOCAPP_BASE_URL" not in read_environment():
        settings = settings.with_base_url(f"http://{host}:{port}")
    _refuse_taken_port(host, port)
    app = create_app(settings)
    with app.app_context():
        bring_up_to_date()
        if not empty and not has_users():
            click.echo("Making the demo company…")
            load_demo(now=utcnow())
        greeting = _greeting(settings)
        db.engine.dispose()
    set_up_logs()
    _serve_parts(app, host, port, greeting)


def _greeting(settings: Settings) -> str:
    lines = ["", f"  vocapp is running at {settings.base_url}"]
    if not has_users():
        lines.append(f"  Create the first administrator (works once): {setup_url()}")
    elif has_demo():
        people = demo_sign_ins()
        lines.append(f"  Sign in to the demo company, with the password “{people[0].password}”, as:")
        lines += [f"    {person.role:<10} {person.email}" for person in people]
    lines += ["  Stop with Ctrl+C.", ""]
    return "\n".join(lines)


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            reason = problem.strerror or problem
            raise DomainError(
                f"Cannot listen at {host}:{port} ({reason}); choose another with --port."
            ) from None


def _serve_parts(app: Flask, host: str, port: int, greeting: str) -> None:
    """Run web and background work as child processes; a part that dies is started again.

    The children are forked from this process, which has everything imported and nothing open, so that they
    start at once.
    """
    settings: Settings = app.extensions[EXTENSION_KEY].settings
    broker_url, lmtp = settings.broker_url, settings.inbound.lmtp
    parts: dict[str, Callable[[], None]] = {
        "web": lambda: serve_pages(app, host=host, port=port, workers=WEB_PROCESSES),
        "worker": lambda: serve_background_work(app, has_worker=True, has_scheduler=broker_url is None),
    }
    if broker_url:
        parts["scheduler"] = lambda: serve_background_work(app, has_worker=False, has_scheduler=True)
    if lmtp:
        parts["mail"] = lambda: take_mail_in(app, lmtp)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    running = {name: _start_part(name, run) for name, run in parts.items()}
    try:
        _wait_until_listening(host, port, running["web"])
        click.echo(greeting)
        while True:
            time.sleep(1)
            for name, process in running.items():
                if process.exitcode is not None:
                    reason = f"The {name} part stopped with code {process.exitcode}; starting it again."
                    click.echo(reason, err=True)
                    running[name] = _start_part(name, parts[name])
    except KeyboardInterrupt:
        click.echo("Stopping…")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.join(timeout=STOP_SECONDS + 15)
            if process.exitcode is None:
                process.kill()


def _start_part(name: str, run: Callable[[], None]) -> BaseProcess:
    def begin() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _end_with_parent()
        run()

    process = multiprocessing.get_context("fork").Process(target=begin, name=f"vocapp {name}")
    process.start()
    return process


def _end_with_parent() -> None:
    """Have Linux end this process when its parent dies, however: an orphan would keep the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_listening(host: str, port: int, process: BaseProcess) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.exitcode is not None:
            raise DomainError("The pages could not be served; the lines above say why.")
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.1)
    raise DomainError("The pages did not start within a minute; look at the lines above and try again.")
