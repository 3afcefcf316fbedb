"""Keeping an SMS/MMS configuration and its public webhook endpoint in step."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from messaging.models import SmsConfiguration
from providers.errors import ProviderError
from providers.registry import provider_for
from tenants.endpoints import create_endpoint
from tenants.models import Tenant, WebhookEndpoint

_CHANGED_HERE = [
    field.name
    for field in SmsConfiguration._meta.concrete_fields
    if field.name not in ("id", "webhook_token")
]


@transaction.atomic
def create_configuration(
    tenant: Tenant,
    configuration: SmsConfiguration,
    *,
    callback_username: str = "",
    callback_password: str = "",
) -> SmsConfiguration:
    """Save a new configuration with a webhook address of its own."""
    endpoint, token = create_endpoint(tenant, configuration.trunk)
    configuration.endpoint = endpoint
    configuration.webhook_token = token
    return save_configuration(
        configuration, callback_username=callback_username, callback_password=callback_password
    )


@transaction.atomic
def save_configuration(
    configuration: SmsConfiguration,
    *,
    callback_username: str | None = None,
    callback_password: str | None = None,
) -> SmsConfiguration:
    """Save a configuration; callback credentials of None stay as they are."""
    endpoint = configuration.endpoint
    endpoint.trunk = configuration.trunk
    endpoint.enabled = configuration.enabled
    if callback_username is not None:
        endpoint.callback_username = callback_username
    if callback_password is not None:
        endpoint.callback_password = callback_password
    # Of what was loaded some time ago only what is changed here: the address may be another by now.
    endpoint.save(update_fields=["trunk", "enabled", "callback_username", "callback_password"])
    configuration.save(update_fields=None if configuration._state.adding else _CHANGED_HERE)
    return configuration


@transaction.atomic
def delete_configuration(configuration: SmsConfiguration) -> None:
    """Delete a configuration and its webhook address.

    Raises ProtectedError while numbers use it.
    """
    endpoint_id = configuration.endpoint_id
    configuration.delete()
    WebhookEndpoint.objects.filter(pk=endpoint_id).delete()


def check_credentials(configuration: SmsConfiguration) -> SmsConfiguration:
    """Ask the carrier about the credentials and keep its answer on the row."""
    try:
        detail = provider_for(
            configuration.trunk.provider, configuration.account
        ).check_credentials()
        result = SmsConfiguration.TestResult.PASSED
    except ProviderError as error:
        detail = error.detail
        result = SmsConfiguration.TestResult.FAILED
    configuration.test_result = result
    configuration.test_detail = detail[:300]
    configuration.tested_at = timezone.now()
    # Not save(): a test is no change of the configuration and has no place in its history.
    SmsConfiguration.objects.filter(pk=configuration.pk).update(
        test_result=result, test_detail=detail[:300], tested_at=configuration.tested_at
    )
    return configuration
