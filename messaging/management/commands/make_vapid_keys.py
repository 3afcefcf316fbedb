"""Make the key by which push services know the platform."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from messaging.push.keys import new_keys


class Command(BaseCommand):
    """Prints lines for .env; nothing is kept."""

    help = "Make a key pair for Web Push and print it as lines for .env."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        private, public = new_keys()
        self.stdout.write("# Keep the private key: another one ends all subscriptions.")
        self.stdout.write(f"VAPID_PRIVATE_KEY={private}")
        self.stdout.write("# Its public half, which the portal works out by itself:")
        self.stdout.write(f"# VAPID_PUBLIC_KEY={public}")
