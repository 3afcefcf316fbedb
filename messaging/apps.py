from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # They need the models.
        import_module("messaging.audit")
        import_module("messaging.endings")
        import_module("messaging.held")
        import_module("messaging.admin.register")
