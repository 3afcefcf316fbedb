from __future__ import annotations

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # They register themselves, and need the models.
        from tenants import account_trail, admin, audit, keys  # noqa: F401, PLC0415
        from tenants.api import openapi  # noqa: F401, PLC0415
