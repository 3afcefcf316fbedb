"""A company with a phone system, and the schema its data lives in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

# The same expression takes the slug out of a URL, so that both always agree.
SLUG_PATTERN = r"[a-z0-9][a-z0-9-]{1,40}"


def schema_name_for(slug: str) -> str:
    """Name the schema of a tenant; the prefix keeps slugs apart from PostgreSQL's own names."""
    return "t_" + slug.replace("-", "_")


def check_timezone(value: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if value not in available_timezones():
        raise ValidationError("“%(value)s” is not a time zone.", params={"value": value})


# Carriers repeat an event for a day and texts may wait for a week: what is younger is at work.
SHORTEST = 7
SHORTEST_TRAIL = 30
LONGEST = 3650
EVENTS_KEPT = 90


def between(shortest: int) -> list[Callable[[Any], None]]:
    """Return the validators of a number of days to keep something."""
    return [MinValueValidator(shortest), MaxValueValidator(LONGEST)]


def keep_days(shortest: int, words: str) -> models.PositiveSmallIntegerField[Any, Any]:
    """Return a column of days to keep something; null = for ever."""
    return models.PositiveSmallIntegerField(
        words, null=True, blank=True, validators=between(shortest)
    )


class Tenant(TenantMixin):  # type: ignore[misc]  # django-tenants has no types
    """Company that texts from its own numbers; its slug and schema never change."""

    class State(models.TextChoices):
        PROVISIONING = "provisioning", "Provisioning"
        READY = "ready", "Ready"
        FAILED = "failed", "Set-up failed"
        REMOVING = "removing", "Being removed"  # for good, see tenants.removal

    auto_create_schema = False  # made by a Celery task, see tenants.provisioning

    name = models.CharField(max_length=100)
    slug = models.CharField(
        max_length=41,
        unique=True,
        validators=[
            RegexValidator(
                rf"^{SLUG_PATTERN}\Z",
                "Use 2 to 41 lower-case letters, digits and hyphens; start with a letter or digit.",
            )
        ],
        help_text="Part of the tenant's addresses (/t/slug/). It cannot be changed later.",
    )
    timezone = models.CharField(
        max_length=50, default="America/New_York", validators=[check_timezone]
    )
    country = models.CharField(
        max_length=2,
        default="US",
        validators=[RegexValidator(r"^[A-Z]{2}\Z", "Use a two-letter country code, such as US.")],
        help_text="How numbers typed without a country code are read.",
    )
    is_active = models.BooleanField(default=True)
    messaging_enabled = models.BooleanField(default=True)
    hide_notification_text = models.BooleanField(
        default=False,
        help_text="Notifications on phones and desks name the sender, but do not show the text.",
    )
    registration_confirmed = models.BooleanField(
        default=False, help_text="The numbers' 10DLC or toll-free registration is in order."
    )
    # Days that things of each kind are kept; null = for ever. See tenants.retention.
    keep_messages_days = keep_days(SHORTEST, "keep messages")
    keep_media_days = keep_days(SHORTEST, "keep files")
    keep_events_days = models.PositiveSmallIntegerField(
        "keep webhook events", default=EVENTS_KEPT, validators=between(SHORTEST)
    )
    keep_audit_days = keep_days(SHORTEST_TRAIL, "keep the audit trail")
    # From when on all of that holds; null = at once.
    retention_from = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROVISIONING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.schema_name:
            self.schema_name: str = schema_name_for(self.slug)
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Tell whether people and tasks may enter."""
        return self.is_active and self.state == self.State.READY


class Domain(DomainMixin):  # type: ignore[misc]  # django-tenants has no types
    """Required by django-tenants; tenants are found by path, so the table stays empty."""

    def __str__(self) -> str:
        return str(self.domain)
