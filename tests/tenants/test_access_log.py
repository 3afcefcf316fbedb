"""The trail of switched-in system admins: found, exported, never changed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants.models import AccessEntry, Tenant, User

LOG = "/system/tenants/accessentry/"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


def _entry(user: User, tenant: Tenant, **fields: Any) -> AccessEntry:
    day = fields.pop("day", None)
    values = {"action": "visit", "path": f"/t/{tenant.slug}/", "ip": "192.0.2.1", **fields}
    entry = AccessEntry(user=user, tenant=tenant, **values)
    if day:
        AccessEntry._meta.get_field("at").auto_now_add = False
        entry.at = datetime(2026, 3, day, 23, 59, tzinfo=UTC)
    try:
        entry.save()
    finally:
        AccessEntry._meta.get_field("at").auto_now_add = True
    return entry


def _exported(portal: Any, query: str = "") -> list[dict[str, str]]:
    response = portal.get(f"{LOG}export/{query}")
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    body = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(body)))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE tenants_accessentry SET action = 'POST'", "DELETE FROM tenants_accessentry"],
)
def test_the_database_refuses_to_change_the_trail(statement, root, acme) -> None:
    _entry(root, acme)
    with (
        pytest.raises(IntegrityError, match="only ever added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AccessEntry.objects.get().action == "visit"


def test_a_tenant_does_not_take_its_trail_along_by_accident(root, acme) -> None:
    _entry(root, acme)
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
        AccessEntry.objects.filter(tenant=acme).delete()
    assert AccessEntry.objects.exists()


def test_a_transaction_that_says_so_may_delete_but_not_change(root, acme) -> None:
    _entry(root, acme)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL trunkline.allow_access_removal = 'on'")
        with pytest.raises(IntegrityError), transaction.atomic():
            AccessEntry.objects.update(action="POST")
        AccessEntry.objects.all().delete()
        cursor.execute("SET LOCAL trunkline.allow_access_removal = 'off'")
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("", {"/t/acme/", "/t/globex/", "/t/acme/late/"}),
        ("?q=globex", {"/t/globex/"}),
        ("?action=POST", {"/t/globex/"}),
        ("?at_from=2026-03-10&at_to=2026-03-10", {"/t/acme/"}),
        ("?at_from=2026-03-11", {"/t/acme/late/", "/t/globex/"}),
        ("?at_to=nonsense", {"/t/acme/", "/t/globex/", "/t/acme/late/"}),
    ],
)
def test_the_export_holds_what_the_filters_leave(query, paths, portal, root, acme, globex) -> None:
    _entry(root, acme, day=10)
    _entry(root, acme, day=11, path="/t/acme/late/")
    _entry(root, globex, action="POST")
    assert {row["path"] for row in _exported(portal, query)} == paths
    assert portal.get(f"{LOG}{query}").context["cl"].result_count == len(paths)


def test_the_list_is_filtered_by_tenant_and_admin(portal, root, acme, globex) -> None:
    other = User.objects.create_user("other@example.com", is_system_admin=True)
    _entry(root, acme)
    _entry(other, globex)
    for query in (f"?tenant__id__exact={acme.pk}", f"?user__id__exact={root.pk}"):
        assert [row["tenant"] for row in _exported(portal, query)] == ["Acme Dental Group"]


def test_a_cell_is_never_a_formula(portal, root, acme) -> None:
    User.objects.filter(pk=root.pk).update(name="=HYPERLINK(1)")
    _entry(root, acme)
    assert _exported(portal)[0]["name"] == "'=HYPERLINK(1)"


def test_a_wrong_filter_exports_nothing(portal, root, acme) -> None:
    _entry(root, acme)
    response = portal.get(f"{LOG}export/?tenant__id__exact=x")
    assert response.status_code == 302


def test_many_entries_take_few_queries(portal, root, acme, globex) -> None:
    for number in range(60):
        _entry(root, (acme, globex)[number % 2], path=f"/t/{number}/")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        portal.get(LOG)
    assert len(captured) <= 12
    assert len(_exported(portal)) == 60


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_only_system_admins_read_the_trail(person, request, signed_in) -> None:
    browser = signed_in(request.getfixturevalue(person))
    for page in (LOG, f"{LOG}export/"):
        assert browser.get(page).status_code == 403
