"""The WSGI entry point: `gunicorn wsgi:app`."""

import gc

from vocapp.app import create_app

app = create_app()
# What is there now stays for good: no collection need look through it again.
gc.collect()
gc.freeze()
