"""The WSGI entry: `gunicorn wsgi:app`, `flask --app wsgi`."""

from konnekt import create_app

app = create_app()
