"""Canaries: no secret is in the trail of either schema, on its pages or in its exports."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry

from messaging.configurations import save_configuration
from tenants.models import ApiKey, Tenant, User

AS_JSON = {"content_type": "application/json"}


def test_no_secret_is_told_anywhere(
    signed_in: Any,
    api: Any,
    alice: User,
    root: User,
    acme: Tenant,
    acme_configuration: Any,
    inside: Any,
) -> None:
    key, secret = ApiKey.issue(alice, tenant=acme, name="Booking")
    alice.set_password("p4ssword-Canary")
    alice.save()
    with inside(acme):
        acme_configuration.password = "n3w-Canary"
        save_configuration(
            acme_configuration, callback_username="u-Canary", callback_password="cb2-Canary"
        )
        rows = [str(vars(entry)) for entry in LogEntry.objects.all()]
    rows += [str(vars(entry)) for entry in LogEntry.objects.all()]
    tenant, system = signed_in(root), signed_in(root)
    answers = [
        tenant.get("/t/acme/auditlog/logentry/").content,
        tenant.get("/t/acme/auditlog/logentry/export/").getvalue(),
        api(root).get("/t/acme/api/v1/audit/").content,
        system.get("/system/auditlog/logentry/").content,
        system.get("/system/auditlog/logentry/export/").getvalue(),
        api(root).get("/api/v1/audit/").content,
    ]

    seen = "".join([*rows, *(answer.decode() for answer in answers)])

    assert "password" in seen
    assert "Booking" in seen
    secrets = [
        "Canary",
        secret,
        secret[8:20],
        alice.password,
        bytes(key.key_hash).hex(),
        acme_configuration.webhook_token,
    ]
    assert not [one for one in secrets if one in seen]
