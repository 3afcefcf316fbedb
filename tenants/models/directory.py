"""The number directory: which trunk a number hangs on and which tenant owns it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from tenants.encryption import EncryptedTextField
from tenants.models.tenant import Tenant


class Trunk(models.Model):
    """Connection to a carrier; the platform's own (no tenant) or one tenant's."""

    name = models.CharField(max_length=100)
    provider = models.CharField(max_length=30, default="bandwidth")
    hostname = models.CharField(max_length=255, blank=True, help_text="SIP host of the trunk.")
    tenant = models.ForeignKey(
        Tenant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="trunks",
        help_text="Empty = the platform's trunk; a system admin gives out its numbers.",
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="trunk_name_once_per_tenant",
                nulls_distinct=False,
                violation_error_message="There is a trunk of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PhoneNumber(models.Model):
    """DID or short code; the unique number makes this table the directory of who owns it."""

    class Kind(models.TextChoices):
        LOCAL = "local", "Local"
        TOLL_FREE = "toll_free", "Toll-free"
        SHORT_CODE = "short_code", "Short code"

    class Registration(models.TextChoices):
        UNKNOWN = "unknown", "Not known"
        PENDING = "pending", "Pending"
        REGISTERED = "registered", "Registered"
        REJECTED = "rejected", "Rejected"

    number = models.CharField(
        max_length=16,
        unique=True,
        validators=[RegexValidator(r"^(\+[1-9]\d{6,14}|\d{5,6})\Z", "Use E.164: +15125550100.")],
        error_messages={"unique": "This number is already in use in this system."},
    )
    trunk = models.ForeignKey(Trunk, on_delete=models.PROTECT, related_name="phone_numbers")
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="phone_numbers"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.LOCAL)
    registration = models.CharField(
        max_length=10,
        choices=Registration.choices,
        default=Registration.UNKNOWN,
        help_text="10DLC campaign or toll-free verification.",
    )
    # Why the registration is as it is, in a sentence, and since when.
    registration_note = models.CharField(max_length=300, blank=True)
    registration_at = models.DateTimeField(null=True, blank=True)
    campaign_id = models.CharField(
        "campaign ID", max_length=40, blank=True, help_text="Of The Campaign Registry, for 10DLC."
    )
    segments_per_second = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(2000)],
        help_text="Empty = what is usual for numbers of its kind.",
    )
    is_main = models.BooleanField(
        default=False, help_text="Sender where a configuration has no sender ID of its own."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["trunk", "tenant"],
                condition=models.Q(is_main=True),
                name="one_main_number_per_trunk_and_tenant",
                nulls_distinct=False,
                violation_error_message="This trunk has a main number already.",
            )
        ]

    def __str__(self) -> str:
        return self.number


class WebhookEndpoint(models.Model):
    """Door for a carrier's events: an unguessable path that stands for one configuration.

    The row is the only copy of the callback credentials; the path's token is kept as a hash. While
    an address is being changed at the carrier, the one before works too, until a time.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="webhook_endpoints")
    trunk = models.ForeignKey(Trunk, on_delete=models.PROTECT, related_name="webhook_endpoints")
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    previous_token_hash = models.BinaryField(
        max_length=32, unique=True, null=True, default=None, editable=False
    )
    previous_token = EncryptedTextField(  # to be shown
        blank=True, default="", db_default="", editable=False
    )
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    callback_username = EncryptedTextField(blank=True, default="")
    callback_password = EncryptedTextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_event_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"endpoint {self.pk}"

    @property
    def provider(self) -> str:
        """Slug of the carrier whose events come in here."""
        return self.trunk.provider
