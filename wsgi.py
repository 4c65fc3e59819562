"""The WSGI entry point: `gunicorn wsgi:app`."""

from vocapp.app import create_app

app = create_app()
