"""Where texts go that a rule says more of than the number's Message Settings."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models

from messaging.models.configuration import Extension
from messaging.models.hours import BusinessHours, Holiday
from messaging.models.ring_group import RingGroup
from tenants.models import Trunk


class InboundRule(models.Model):
    """Texts to a DID or range of a trunk, from certain callers or all."""

    name = models.CharField(
        max_length=64,
        unique=True,
        error_messages={"unique": "There is an inbound rule of this name already."},
    )
    enabled = models.BooleanField(default=True)
    trunk = models.ForeignKey(Trunk, on_delete=models.DO_NOTHING, related_name="+")
    # The digits of E.164 or of a short code, as numbers: a range is found by comparing.
    did_first = models.BigIntegerField()
    did_last = models.BigIntegerField()
    caller_mask = models.CharField(max_length=300, blank=True)
    hours = models.ForeignKey(
        BusinessHours,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="inbound_rules",
        help_text="Empty = the company's hours.",
    )
    holidays: models.ManyToManyField[Holiday, models.Model] = models.ManyToManyField(
        Holiday, blank=True, related_name="inbound_rules"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(did_last__gte=models.F("did_first")),
                name="inbound_range_rises",
                violation_error_message="The range's end is before its beginning.",
            )
        ]
        indexes = [models.Index(fields=["did_first", "did_last"], name="inbound_rule_dids")]

    def __str__(self) -> str:
        return self.name


class AdvancedRoute(models.Model):
    """Times at which a rule leads elsewhere; the lowest priority that fits wins."""

    rule = models.ForeignKey(InboundRule, on_delete=models.CASCADE, related_name="advanced_routes")
    name = models.CharField(max_length=64)
    priority = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(1000)])
    # "2026;2027", "1-3;12", "1;15-20", "1-5" (1 = Monday), "09:00-11:30;14:00-18:00": blank = any.
    years = models.CharField(max_length=100, blank=True)
    months = models.CharField(max_length=100, blank=True)
    days = models.CharField(max_length=100, blank=True)
    weekdays = models.CharField(max_length=100, blank=True)
    times = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["priority", "id"]

    def __str__(self) -> str:
        return self.name


class InboundTarget(models.Model):
    """One place a rule's texts go to; a rule may have several at once."""

    class When(models.TextChoices):
        OPEN = "open", "Office hours"
        CLOSED = "closed", "Out of office"
        HOLIDAY = "holiday", "Holidays"
        ADVANCED = "advanced", "Advanced routing"

    class Kind(models.TextChoices):
        EXTENSION = "extension", "Extension"
        RANGE = "range", "Range of extensions, one for each DID"
        SAME = "same", "Extension of the DID's own digits"
        RING_GROUP = "ring_group", "Ring group"
        EMAIL = "email", "E-mail"
        NOBODY = "nobody", "Nobody: the unassigned list"

    rule = models.ForeignKey(InboundRule, on_delete=models.CASCADE, related_name="targets")
    when = models.CharField(max_length=8, choices=When.choices, default=When.OPEN)
    advanced = models.ForeignKey(
        AdvancedRoute, null=True, blank=True, on_delete=models.CASCADE, related_name="targets"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    extension = models.ForeignKey(
        Extension, null=True, blank=True, on_delete=models.PROTECT, related_name="inbound_targets"
    )
    ring_group = models.ForeignKey(
        RingGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="inbound_targets"
    )
    email = models.EmailField(blank=True)
    range_first = models.CharField(max_length=10, blank=True)
    range_last = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(kind="extension", extension__isnull=False)
                    | models.Q(kind="ring_group", ring_group__isnull=False)
                    | (models.Q(kind="email") & ~models.Q(email=""))
                    | (
                        models.Q(kind="range")
                        & ~models.Q(range_first="")
                        & ~models.Q(range_last="")
                    )
                    | models.Q(kind__in=["same", "nobody"])
                ),
                name="inbound_target_has_its_value",
                violation_error_message="Say where the texts go to.",
            ),
            models.CheckConstraint(
                condition=models.Q(when="advanced", advanced__isnull=False)
                | (~models.Q(when="advanced") & models.Q(advanced__isnull=True)),
                name="inbound_target_of_its_time",
                violation_error_message="Only targets of advanced routing belong to a route.",
            ),
        ]

    def __str__(self) -> str:
        return f"target {self.pk}"
