"""What the tenant has decided about all it sends."""

from __future__ import annotations

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class SendingPolicy(models.Model):
    """Rules for everything that is sent: one row, or none = the defaults."""

    class Unregistered(models.TextChoices):
        REFUSE = "refuse", "Refuse"
        WARN = "warn", "Send, with a warning"
        ALLOW = "allow", "Send"

    unregistered = models.CharField(
        "from numbers that are not registered",
        max_length=6,
        choices=Unregistered.choices,
        default=Unregistered.WARN,
    )
    quiet_hours = models.BooleanField(default=False)
    # By the recipient's clock; what is written in between waits until the end.
    quiet_from = models.TimeField(default=time(21))
    quiet_until = models.TimeField(default=time(8))
    expire_hours = models.PositiveSmallIntegerField(
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
        help_text="A text that could not be sent for this many hours is given up.",
    )
    sender_name = models.CharField(
        max_length=60, blank=True, help_text="The name people know the company by."
    )

    class Meta:
        verbose_name = "sending policy"
        verbose_name_plural = "sending policy"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_sending_policy")
        ]

    def __str__(self) -> str:
        return "sending policy"
