"""Who may sign in, and what they are in which tenant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from tenants.models.tenant import Tenant
from tenants.roles import may, may_see_app

# Recovery codes stand in for one of these, they are none by themselves.
SECOND_FACTORS = ("totp", "webauthn")


class Accounts(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password sign-in is closed until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Person who signs in; what they may do in a tenant is said by a membership."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    is_system_admin = models.BooleanField(
        default=False, help_text="Runs the platform and may switch into any tenant."
    )
    date_joined = models.DateTimeField(auto_now_add=True)
    # Part of what sessions are signed with: raising it ends all of them.
    sign_out_count = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[Accounts] = Accounts()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Name for greetings; django.contrib.admin asks for it."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """First word of the name; django.contrib.admin asks for it."""
        return self.get_full_name().split(" ", maxsplit=1)[0]

    @property
    def is_staff(self) -> bool:
        """Never true: the admin sites decide by role, see tenants.sites."""
        return False

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Tell whether two-step sign-in has to be set up before any portal opens.

        Asked on each page: costs a query for system admins only, and one at most.
        """
        if not (self.is_system_admin and settings.REQUIRE_SYSTEM_ADMIN_MFA):
            return False
        factors: models.Manager[Any] = self.authenticator_set  # type: ignore[attr-defined]  # allauth's
        return not factors.filter(type__in=SECOND_FACTORS).exists()

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        # Django's own, with the count that ends all sessions at once when it is raised.
        signed = f"{self.password}{self.sign_out_count or ''}"
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, signed, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Decide by the person's role in the tenant of the current connection."""
        return may(self, perm)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return may_see_app(self, app_label)


class Membership(models.Model):
    """What a person is in one tenant."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Tenant admin"
        EXTENSION = "extension", "Extension user"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EXTENSION)
    # The extension lives in the tenant's schema, which the public schema cannot refer to.
    extension = models.CharField(
        max_length=10, blank=True, help_text="Number of the person's extension, such as 101."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__email"]
        constraints = [
            models.UniqueConstraint(fields=["user", "tenant"], name="one_membership_per_tenant"),
            models.CheckConstraint(
                condition=models.Q(role="admin") | ~models.Q(extension=""),
                name="extension_user_has_extension",
                violation_error_message="An extension user needs an extension.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"
