"""A task that names a schema works there or nowhere; the tasks are read from the registry."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import responses
from celery import Task
from django.db import DatabaseError, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from config.celery import app
from messaging.delivery import handing_over
from messaging.models import Erasure, Export, MailDelivery, Message, Note
from tenants.context import TenantUnavailable
from tenants.models import Tenant
from tenants.schema import tenant_connection
from tests.portal.addresses import People, Samples
from tests.portal.fingerprints import unchanged

app.loader.import_default_modules()

# Tasks that name no tenant, each with what it works on.
OF_NO_TENANT = {
    "messaging.count_usage": "asks of all open tenants",
    "messaging.delete_old_everywhere": "rings for open tenants",
    "messaging.forget_events": "the webhook inbox, by age",
    "messaging.route_webhook_events": "the webhook inbox",
    "messaging.sweep_tenants": "enters open tenants",
    "tenants.mail_invitation": "one row of the public schema",
    "tenants.mail_reset_link": "one account",
    "tenants.sweep_invitations": "the public schema",
    "tenants.sweep_provisioning": "the public schema",
    "tenants.sweep_removals": "the public schema",
}
# These look for a tenant in a state that no open one has, and do nothing else.
BY_STATE = {"messaging.remove_tenant", "tenants.provision_tenant"}
NAMES: list[Any] = [
    "public",
    "t_nowhere",
    "acme",
    "T_ACME",
    "t_acme ",
    "t_acme; DROP SCHEMA t_acme CASCADE",
    't_acme", "public',
    "t_acme'--",
    "t_acm_",
    "t_%",
    "../t_acme",
    "t_acme\x00",
    "pg_catalog",
    "",
    None,
    0,
    True,
    [],
    ["t_acme"],
    {"schema_name": "t_acme"},
]


_TENANTS_TABLE = re.compile(r'"messaging_(?!enabled")')


def _own_tasks() -> dict[str, Task[Any, Any]]:
    own = ("messaging.", "tenants.", "providers.", "config.")
    return {name: task for name, task in app.tasks.items() if name.startswith(own)}


def _takes(task: Task[Any, Any]) -> list[str]:
    return list(inspect.signature(task.run).parameters)


OF_A_TENANT = sorted(name for name, task in _own_tasks().items() if "schema_name" in _takes(task))


@pytest.fixture(autouse=True)
def _in_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are begun in a thread that does not see the test's transaction."""

    class Here:
        def submit(self, begin: Any, *args: Any) -> Any:
            found = begin(*args)
            return type("Done", (), {"result": lambda self: found})()

    monkeypatch.setattr(handing_over, "_claimer", Here())
    monkeypatch.setattr(handing_over, "close_old_connections", lambda: None)


def _run(name: str, schema: Any, key: object) -> str:
    """Run a task as a worker would; tell how it ended."""
    task = app.tasks[name]
    args = [schema] if len(_takes(task)) == 1 else [schema, str(key)]
    try:
        with transaction.atomic():  # a name that PostgreSQL cannot read breaks no more than this
            task.run(*args)
    except (TenantUnavailable, DatabaseError, ValueError, TypeError) as error:
        return type(error).__name__
    return "ran"


@pytest.fixture(scope="module")
def keys(furnished: Samples, people: People) -> list[object]:
    """Keys of Acme's rows, of every kind that a task is told."""
    with tenant_context(people.tenant):
        MailDelivery.objects.create(
            message=Message.objects.filter(direction="in")[0],
            address="a@acme.example",
            next_attempt_at=timezone.now(),
        )
        Message.objects.filter(direction="out", status="failed").update(status="queued")
        found = [*Message.objects.all(), *Note.objects.all(), *MailDelivery.objects.all()]
        found += [*Export.objects.all(), *Erasure.objects.all()]
    rows = [row.pk for row in found]
    return [*rows, furnished.by_resource["broadcasts"], furnished.by_resource["media"]]


def test_every_task_names_its_tenant_or_says_why_not() -> None:
    assert {name for name in _own_tasks() if name not in OF_A_TENANT} == set(OF_NO_TENANT)
    assert all(_takes(app.tasks[name])[0] == "schema_name" for name in OF_A_TENANT)
    assert len(OF_A_TENANT) >= 15


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param({}, id="no tenant's name"),
        pytest.param({"is_active": False}, id="suspended"),
        pytest.param({"state": "provisioning"}, id="not made yet"),
        pytest.param({"state": "failed"}, id="not made"),
        pytest.param({"state": "removing"}, id="being removed"),
    ],
)
def test_nothing_runs_where_there_is_no_open_tenant(
    closed: dict[str, Any], keys: list[object], people: People
) -> None:
    Tenant.objects.filter(pk=people.tenant.pk).update(**closed)
    schemas = [people.tenant.schema_name] if closed else NAMES
    ended = {}

    with (
        unchanged("public", "t_acme", "t_globex"),
        responses.RequestsMock(),  # any request fails the test
        CaptureQueriesContext(tenant_connection) as captured,
    ):
        for name in OF_A_TENANT:
            if closed and name in BY_STATE:
                continue  # what has to do with it is tested where it is done
            for schema in schemas:
                ended[f"{name}({schema!r})"] = _run(name, schema, keys[0])
                assert tenant_connection.schema_name == "public"
    asked = [q["sql"] for q in captured if _TENANTS_TABLE.search(q["sql"] or "")]

    ran = [call for call, end in ended.items() if end == "ran"]
    assert [call for call in ran if not call.startswith(tuple(BY_STATE))] == []
    assert asked == []


def test_a_task_finds_no_row_of_another_tenant(keys: list[object], people: People) -> None:
    with unchanged("public", "t_acme"), responses.RequestsMock():
        for name in OF_A_TENANT:
            if len(_takes(app.tasks[name])) > 1:
                for key in keys:
                    assert _run(name, "t_globex", key) in ("ran", "ValueError")
