"""Whether this process has been told to stop, for work that can end early and be gone on with elsewhere."""

from threading import Event
from typing import cast

from flask import Flask, current_app

EXTENSION_KEY = "vocapp.stopping"


def stopping_of(app: Flask) -> Event:
    """Return what says of an app's process that it is about to stop; whoever stops it sets this."""
    return cast(Event, app.extensions.setdefault(EXTENSION_KEY, Event()))


def is_stopping() -> bool:
    """Whether long work should write down what it has and leave the rest to another process."""
    return stopping_of(current_app).is_set()
