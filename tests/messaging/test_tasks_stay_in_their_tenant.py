"""A task works in the tenant it names, and in none that is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import responses

from messaging import tasks
from messaging.models import Broadcast, Message, MessageSetting
from messaging.outbound.send import send_message
from tenants.context import TenantUnavailable, entered
from tenants.models import Tenant, User
from tenants.roles import Role
from tenants.schema import tenant_connection
from tests.conftest import ACME_NUMBER, CUSTOMER


@pytest.fixture
def queued(acme: Tenant, alice: User, acme_line: MessageSetting, inside: Any) -> Message:
    """Message of Acme that waits for its worker."""
    with inside(acme):
        return send_message(
            user=alice,
            role=Role.ADMIN,
            tenant=acme,
            sender=ACME_NUMBER,
            recipients=[CUSTOMER],
            text="Yes, 5 pm",
        )


def _status(message: Message, acme: Tenant, inside: Any) -> str:
    with inside(acme):
        return Message.objects.get(pk=message.pk).status


@pytest.mark.parametrize(
    "task",
    [tasks.deliver_message, tasks.fetch_media],
    ids=["deliver_message", "fetch_media"],
)
def test_a_row_of_another_tenant_is_not_found(
    task: Callable[[str, str], None], queued: Message, acme: Tenant, globex: Tenant, inside: Any
) -> None:
    with responses.RequestsMock():  # any request fails the test
        task(globex.schema_name, str(queued.pk))
    assert _status(queued, acme, inside) == "queued"


@pytest.mark.parametrize("change", [{"is_active": False}, {"state": "provisioning"}], ids=str)
def test_nothing_runs_in_a_closed_tenant(
    queued: Message, acme: Tenant, inside: Any, change: dict[str, Any]
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(**change)
    with pytest.raises(TenantUnavailable):
        tasks.deliver_message(acme.schema_name, str(queued.pk))
    assert _status(queued, acme, inside) == "queued"


def test_nothing_runs_in_an_unknown_schema(queued: Message) -> None:
    with pytest.raises(TenantUnavailable):
        tasks.deliver_message("public", str(queued.pk))


def test_a_worker_is_outside_any_tenant_after_its_task(queued: Message, acme: Tenant) -> None:
    with responses.RequestsMock() as bandwidth:
        bandwidth.post(
            "https://messaging.bandwidth.com/api/v2/users/9900001/messages",
            status=202,
            json={"id": "out-1", "segmentCount": 1},
        )
        tasks.deliver_message(acme.schema_name, str(queued.pk))
    assert tenant_connection.schema_name == "public"


def test_an_error_inside_a_tenant_leaves_it_too(acme: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), entered(acme.schema_name):
        raise ZeroDivisionError
    assert tenant_connection.schema_name == "public"


def test_the_sweep_passes_over_closed_tenants(
    queued: Message, acme: Tenant, globex: Tenant, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(globex):  # has something to look after, too
        Broadcast.objects.create(name="News", state=Broadcast.State.RUNNING)
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    swept: list[str] = []
    monkeypatch.setattr(
        "messaging.tasks.sweeps.sweep", lambda: swept.append(tenant_connection.schema_name)
    )
    tasks.sweep_tenants()
    assert swept == ["t_globex"]
