from __future__ import annotations

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # They register themselves, and need the models.
        from providers import admin, doors  # noqa: F401, PLC0415
