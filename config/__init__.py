"""Wiring: settings, URLs, Celery, WSGI, the events process and the embedded servers."""
