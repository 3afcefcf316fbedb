"""Which account and sender a text goes out by, where a rule says more than Message Settings."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models

from messaging.models.configuration import SmsConfiguration
from messaging.models.hours import BusinessHours
from messaging.models.ring_group import RingGroup


class OutboundRule(models.Model):
    """Conditions (all given ones must hold) and the routes tried for a text that meets them."""

    class Strategy(models.TextChoices):
        PRIORITIZED = "prioritized", "In their order"
        RANDOM = "random", "In random order"

    name = models.CharField(
        max_length=64,
        unique=True,
        error_messages={"unique": "There is an outbound rule of this name already."},
    )
    enabled = models.BooleanField(default=True)
    priority = models.PositiveIntegerField(
        default=1000, help_text="Of the rules that fit, the lowest wins."
    )
    number_prefixes = models.CharField(max_length=64, blank=True)  # 1212;44
    extensions = models.CharField(max_length=200, blank=True)  # 100-200;301
    lengths = models.CharField(max_length=64, blank=True)  # 10;11
    user_groups: models.ManyToManyField[RingGroup, models.Model] = models.ManyToManyField(
        RingGroup, blank=True, related_name="outbound_rules"
    )
    hours = models.ForeignKey(
        BusinessHours,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="outbound_rules",
        help_text="Outside these hours the rule does not hold. Empty = it always does.",
    )
    strategy = models.CharField(
        max_length=12, choices=Strategy.choices, default=Strategy.PRIORITIZED
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["priority", "name"]

    def __str__(self) -> str:
        return self.name


class OutboundRoute(models.Model):
    """One way out: an account, and what is done to the number on it."""

    rule = models.ForeignKey(OutboundRule, on_delete=models.CASCADE, related_name="routes")
    position = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    # Null = the platform's account.
    configuration = models.ForeignKey(
        SmsConfiguration,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="outbound_routes",
    )
    # One of the account's own numbers; empty = the message's sender where the account has it,
    # else the account's default.
    sender = models.CharField(max_length=16, blank=True)
    strip = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(9)])
    prepend = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"Route {self.position + 1}"
