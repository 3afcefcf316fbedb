"""Asking somebody in, by a link that works once."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from tenants.models.people import Membership, User
from tenants.models.tenant import Tenant


class Invitation(models.Model):
    """Link to join a tenant or, without one, to become a system admin; kept as a hash only."""

    email = models.EmailField()
    name = models.CharField(max_length=100, blank=True)
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations"
    )
    role = models.CharField(
        max_length=10, choices=Membership.Role.choices, default=Membership.Role.EXTENSION
    )
    extension = models.CharField(max_length=10, blank=True)
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "tenant",
                name="one_open_invitation_each",
                condition=models.Q(accepted_at=None, revoked_at=None),
                nulls_distinct=False,
                violation_error_message="This person is invited already.",
            )
        ]

    def __str__(self) -> str:
        return self.email
