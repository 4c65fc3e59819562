"""What every command stands on: the app it runs in, and how it speaks."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from vocapp.app import create_app
from vocapp.core.db import db

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def within_app(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run a command inside an app context built from the environment's settings."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with create_app().app_context():
            try:
                return command(*args, **kwargs)
            finally:
                db.session.remove()
                db.engine.dispose()

    return run


def print_json(document: Any) -> None:
    """Print one JSON document, and nothing else, on standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
