"""Celery's doors into this package."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from tenants import invitations, mails, provisioning, removal
from tenants.models import Tenant


@shared_task(name=provisioning.PROVISION_TASK)
def provision_tenant(schema_name: str) -> None:
    """Make a new tenant's schema."""
    provisioning.provision(schema_name)


@shared_task(name="tenants.sweep_provisioning")
def sweep_provisioning() -> None:
    """Ask again for schemas nobody made: the queue was down, or a worker died."""
    waiting = Tenant.objects.filter(
        state=Tenant.State.PROVISIONING, created_at__lt=timezone.now() - timedelta(seconds=30)
    )
    for schema_name in waiting.values_list("schema_name", flat=True):
        provisioning.request_schema(schema_name)


@shared_task(name="tenants.sweep_removals")
def sweep_removals() -> None:
    """Ask again for tenants that are still to be removed."""
    going = Tenant.objects.filter(state=Tenant.State.REMOVING)
    for schema_name in going.values_list("schema_name", flat=True):
        removal.request_removal(schema_name)


@shared_task(name=invitations.MAIL_TASK)
def mail_invitation(invitation_id: int) -> None:
    """Mail an invitation's link."""
    mails.mail_invitation(invitation_id)


@shared_task(name="tenants.sweep_invitations")
def sweep_invitations() -> None:
    """Ask again for invitations nobody mailed."""
    invitations.sweep_unsent()


@shared_task(name=mails.RESET_TASK)
def mail_reset_link(user_id: int) -> None:
    """Mail a link to set a new password."""
    mails.mail_reset_link(user_id)
