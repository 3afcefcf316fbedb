"""How a tenant's numbers are connected: extensions, SMS/MMS configurations, Message Settings."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from providers.types import Account, AuthMethod
from tenants.encryption import EncryptedTextField
from tenants.links import webhook_url
from tenants.models import PhoneNumber, Trunk, WebhookEndpoint


class Extension(models.Model):
    """Desk of the phone system: the person or group whose inbox a number's texts reach."""

    class SmsPermission(models.TextChoices):
        DISABLED = "disabled", "May not send"
        OWN_NUMBERS = "own_numbers", "From own numbers"
        SENDER_ID = "sender_id", "From own numbers and the sender ID"

    number = models.CharField(
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^\d{2,10}\Z", "Use 2 to 10 digits, such as 101.")],
        error_messages={"unique": "There is an extension of this number already."},
    )
    name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    sms_permission = models.CharField(
        "SMS permission",
        max_length=12,
        choices=SmsPermission.choices,
        default=SmsPermission.OWN_NUMBERS,
    )
    is_available = models.BooleanField(
        "available",
        default=True,
        help_text="Gets its turn when a ring group's texts are given out.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()


class SmsConfiguration(models.Model):
    """A tenant's own account with a carrier ("SMS/MMS configuration").

    Its webhook's credentials and switch live on the public endpoint row, the one the carrier's
    requests are judged by.
    """

    class Auth(models.TextChoices):
        OAUTH2 = AuthMethod.OAUTH2.value, "OAuth2: client ID and secret"
        BASIC = AuthMethod.BASIC.value, "Username and password, or API token and secret"

    class TestResult(models.TextChoices):
        NONE = "", "Not tested"
        PASSED = "passed", "Ready"
        FAILED = "failed", "Failing"

    name = models.CharField(
        max_length=100,
        unique=True,
        error_messages={"unique": "There is a configuration of this name already."},
    )
    trunk = models.ForeignKey(
        Trunk, on_delete=models.DO_NOTHING, related_name="+", help_text="Bandwidth trunk."
    )
    sender_id = models.CharField(
        "sender ID",
        max_length=16,
        blank=True,
        help_text="Leave empty to use the DID of the trunk.",
    )
    account_id = models.CharField(
        "account ID",
        max_length=40,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\Z", "Use letters, digits, - and _ only.")],
        help_text="The Bandwidth “User ID”, in the Overview or beside Account Settings.",
    )
    application_id = models.CharField(
        "application ID",
        max_length=64,
        validators=[RegexValidator(r"^[A-Za-z0-9-]+\Z", "Use letters, digits and - only.")],
        help_text="From Applications in the Bandwidth dashboard.",
    )
    auth_method = models.CharField(
        "sign-in method", max_length=10, choices=Auth.choices, default=Auth.OAUTH2
    )
    username = models.CharField(max_length=200)  # or client ID, or API token
    password = EncryptedTextField()  # or client secret, or API secret
    enabled = models.BooleanField(default=True)
    segments_per_second = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(2000)],
        help_text="What Bandwidth agreed to for the account; a new one has 1.",
    )
    queue_seconds = models.PositiveIntegerField(
        default=900,
        validators=[MinValueValidator(60), MaxValueValidator(14_400)],
        help_text="How many seconds' worth Bandwidth queues for the account.",
    )
    webhook_token = EncryptedTextField(editable=False)
    endpoint = models.OneToOneField(
        WebhookEndpoint, on_delete=models.DO_NOTHING, related_name="+", editable=False
    )
    test_result = models.CharField(
        max_length=10, choices=TestResult.choices, blank=True, default="", editable=False
    )
    test_detail = models.CharField(max_length=300, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_inbound_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "SMS/MMS configuration"

    def __str__(self) -> str:
        return self.name

    @property
    def webhook_url(self) -> str:
        """Address to paste into the carrier's dashboard."""
        return webhook_url(self.webhook_token, provider=self.trunk.provider)

    @property
    def account(self) -> Account:
        """The account as an adapter takes it."""
        return Account(
            account_id=self.account_id,
            application_id=self.application_id,
            auth_method=AuthMethod(self.auth_method),
            username=self.username,
            password=self.password,
        )


class MessageSetting(models.Model):
    """What happens with one number's texts ("Message Settings")."""

    phone_number = models.OneToOneField(
        PhoneNumber,
        on_delete=models.DO_NOTHING,
        related_name="+",
        error_messages={"unique": "This number is already in use."},
    )
    # Null = the platform's account.
    provider = models.ForeignKey(
        SmsConfiguration,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="message_settings",
    )
    extension = models.ForeignKey(
        Extension,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="message_settings",
        help_text="Whose inbox the texts reach.",
    )
    other_extensions: models.ManyToManyField[Extension, models.Model] = models.ManyToManyField(
        Extension,
        blank=True,
        related_name="shared_settings",
        help_text="They share the inbox of this number with the extension.",
    )
    ring_group = models.ForeignKey(
        "messaging.RingGroup",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="message_settings",
        help_text="Its members share the inbox of this number.",
    )
    email = models.EmailField(blank=True, help_text="Texts are also sent here.")
    description = models.CharField(max_length=200, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["phone_number__number"]
        verbose_name = "message setting"

    def __str__(self) -> str:
        return f"{self.phone_number} {self.description}".strip()
