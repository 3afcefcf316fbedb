from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Holds `manage.py up`, which knows every part and so can live in none of them."""

    name = "config"

    def ready(self) -> None:
        # Not in the package: the embedded servers start without Django and Celery.
        import_module("config.celery")
