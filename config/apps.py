from __future__ import annotations

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Holds `manage.py up`, which knows every part and so can live in none of them."""

    name = "config"
