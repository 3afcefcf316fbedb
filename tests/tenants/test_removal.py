"""A tenant that is removed leaves nothing behind, but the trail of who removed it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging import tasks as messaging_tasks
from messaging.models import Attachment, Contact, Extension, Template
from messaging.retention import whole_tenant
from providers.models import WebhookEvent
from tenants import removal, tasks
from tenants.deletion import check_references
from tenants.models import (
    AccessEntry,
    ApiKey,
    Domain,
    Invitation,
    Membership,
    PhoneNumber,
    Tenant,
    Trunk,
    UsageDay,
    User,
    WebhookEndpoint,
)
from tenants.provisioning import provision
from tests.conftest import _configuration, line_of_101, member

FREE, OWN = "+19195550177", "+19195550178"
PAGE = "/system/tenants/tenant/{}/remove/"


@pytest.fixture
def initech(db: None) -> Tenant:
    tenant = Tenant(name="Initech Canary", slug="initech-canary")
    tenant.save()
    provision(tenant.schema_name)
    tenant.refresh_from_db()
    return tenant


@pytest.fixture
def furnished(initech: Tenant, root: User, acme: Tenant, trunk: Trunk) -> Tenant:
    """Initech with something of everything."""
    peter = member("peter@initech-canary.example", initech, "admin")
    both = member("both@initech-canary.example", initech, "extension", "102")
    Membership.objects.create(user=both, tenant=acme, role="admin")
    own = Trunk.objects.create(name="Initech canary line", tenant=initech)
    number = PhoneNumber.objects.create(number=OWN, trunk=own, tenant=initech)
    PhoneNumber.objects.create(number=FREE, trunk=trunk, tenant=initech, is_main=True)
    line_of_101(initech, number, _configuration(initech, own))
    door = WebhookEndpoint.objects.get(tenant=initech)
    for user in (peter, root):
        ApiKey.issue(user, tenant=initech, name="Canary key")
    Invitation.objects.create(
        email="new@initech-canary.example", tenant=initech, token_hash=b"h" * 32,
        expires_at=timezone.now() + timedelta(days=7), invited_by=peter,
    )  # fmt: skip
    Domain.objects.create(domain="initech-canary.example", tenant=initech)
    UsageDay.objects.create(tenant=initech, day=date(2026, 1, 1), counted_at=timezone.now())
    for place, (state, of, came_in) in enumerate(
        [("processed", initech, None), ("pending", initech, door), ("rejected", None, door)]
    ):
        WebhookEvent.objects.create(
            provider="bandwidth", dedupe_key=b"c%15d" % place, payload=b"canary", state=state,
            tenant=of, endpoint=came_in,
        )  # fmt: skip
    AccessEntry.objects.create(user=root, tenant=initech, action="visit", path="/canary/")
    with tenant_context(initech):
        Contact.objects.create(number="+15125550300", name="Dana Canary")
        attachment = Attachment(name="x", state="ready", uploaded_by=peter)
        attachment.file.save("x", ContentFile(b"canary"))
        default_storage.save("t_initech_canary/exports/list.csv", ContentFile(b"canary"))
        default_storage.save("t_acme/aa/theirs", ContentFile(b"Acme's"))
    former = member("former@initech-canary.example", initech, "admin")
    with tenant_context(acme):
        Template.objects.create(title="Hours", text="8 to 6", owner=former)
    Tenant.objects.filter(pk=initech.pk).update(is_active=False)
    check_references()  # as the commits have done by then
    return initech


def _lines(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT row_to_json(one)::text FROM public."{table}" one')  # noqa: S608
        return [line for (line,) in cursor.fetchall()]


def _mentions(tenant: Tenant) -> list[tuple[str, str]]:
    """All rows of all public tables that name the tenant or what was planted in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall()]
    own = [f'"tenant_id":{tenant.pk}{end}' for end in ",}"]
    signs = ("canary", "Canary", b"canary".hex(), OWN, *own)
    return [(t, line) for t in tables for line in _lines(t) if any(sign in line for sign in signs)]


def _remove(tenant: Tenant, root: User) -> None:
    removal.begin_removal(tenant, by=root, ip="192.0.2.1")
    messaging_tasks.remove_tenant(tenant.schema_name)


@pytest.mark.audited
def test_nothing_of_a_removed_tenant_remains(
    furnished: Tenant, root: User, acme: Tenant, media_folder: Path
) -> None:
    assert len({table for table, _ in _mentions(furnished)}) == 14

    _remove(furnished, root)

    left = _mentions(furnished)
    # Who was elsewhere, too, keeps the account.
    both = User.objects.get(email="both@initech-canary.example")
    assert [m.tenant for m in both.memberships.all()] == [acme]
    # Whom another tenant's rows name is switched off, with nothing left to enter.
    former = User.objects.get(email="former@initech-canary.example")
    assert (former.is_active, former.memberships.count()) == (False, 0)
    assert (both.is_active, User.objects.filter(email__startswith="peter").exists()) == (
        True,
        False,
    )
    kept = (both.email, former.email)
    told = {"tenants_accessentry", "auditlog_logentry"}
    assert {table for table, line in left if not any(one in line for one in kept)} == told
    entry = AccessEntry.objects.get(action="remove")
    assert (entry.user, entry.path, entry.tenant) == (root, "/t/initech-canary/", None)
    trail = LogEntry.objects.exclude(object_repr__contains=both.email)
    trail = trail.exclude(content_type__model="user").filter(changes__icontains="canary")
    assert set(trail.values_list("content_type__model", flat=True)) == {"phonenumber", "tenant"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 't_initech_canary'")
        assert cursor.fetchone() == (0,)
    assert [str(f.relative_to(media_folder)) for f in media_folder.rglob("*") if f.is_file()] == [
        "t_acme/aa/theirs"
    ]
    free = PhoneNumber.objects.get(number=FREE)
    assert (free.tenant, free.is_main) == (None, False)
    with tenant_context(acme):
        assert not Extension.objects.exists()


STOPS = ["tenants.removal.drop_schema", "tenants.removal.shut_doors", "tenants.removal._remove"]


@pytest.mark.parametrize("stop", STOPS)
def test_an_interrupted_removal_goes_on(
    stop: str, furnished: Tenant, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*args: Any) -> None:
        raise Killed

    removal.begin_removal(furnished, by=root, ip=None)
    with monkeypatch.context() as patched:
        patched.setattr(stop, kill)
        with pytest.raises(Killed):
            whole_tenant.remove(furnished.schema_name)
    asked: list[str] = []
    monkeypatch.setattr(removal, "request_removal", asked.append)
    tasks.sweep_removals()
    assert asked == [furnished.schema_name]

    whole_tenant.remove(furnished.schema_name)

    assert not Tenant.objects.filter(slug="initech-canary").exists()
    assert not WebhookEvent.objects.exists()


def test_what_is_open_or_unknown_is_not_removed(acme: Tenant, root: User) -> None:
    with pytest.raises(removal.StillOpen):
        removal.begin_removal(acme, by=root, ip=None)
    for schema_name in ("t_acme", "t_nobody", "public"):
        whole_tenant.remove(schema_name)
    with tenant_context(acme):
        assert not Extension.objects.exists()


def test_a_tenant_that_goes_is_not_set_up_again(initech: Tenant) -> None:
    Tenant.objects.filter(pk=initech.pk).update(is_active=False, state="removing")
    provision(initech.schema_name)
    initech.refresh_from_db()
    assert initech.state == "removing"


def test_the_page_asks_for_the_slug(initech: Tenant, signed_in: Any, root: User) -> None:
    portal: Client = signed_in(root)
    page, form = PAGE.format(initech.pk), {"_form_submitted": "True"}
    assert "Type the tenant" in portal.get(page).content.decode()
    for active, typed, state in (
        (True, "initech-canary", "ready"),
        (False, "initech", "ready"),
        (False, "initech-canary", "removing"),
    ):
        Tenant.objects.filter(pk=initech.pk).update(is_active=active)
        portal.post(page, form | {"slug": typed})
        initech.refresh_from_db()
        assert initech.state == state
    assert Client().get("/t/initech-canary/").status_code == 404
    log = portal.get("/system/tenants/accessentry/").content.decode()
    assert "Tenant removed" in log
    assert "/t/initech-canary/" in log
    assert portal.get("/system/tenants/accessentry/export/").status_code == 200


def test_the_api_asks_for_the_slug(initech: Tenant, api: Any, root: User) -> None:
    client, path = api(root), "/api/v1/tenants/initech-canary/remove/"

    def ask(slug: str) -> int:
        answer = client.post(path, {"slug": slug}, content_type="application/json")
        return int(answer.status_code)

    assert ask("initech-canary") == 409
    Tenant.objects.filter(pk=initech.pk).update(is_active=False)
    assert [ask("initech"), ask("initech-canary"), ask("initech-canary")] == [400, 202, 409]
    assert client.get("/api/v1/access-entries/").json()["results"][0]["tenant"] is None
