"""The tenant's audit page: what it shows, to whom, and how fast."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client

from messaging.models import Contact, Extension, MessageSetting, OptOut, Template
from tenants.audit import change
from tenants.models import Membership, PhoneNumber, Tenant, Trunk, User

pytestmark = pytest.mark.audited

PAGE = "/t/acme/auditlog/logentry/"
VISITS = "/t/acme/tenants/accessentry/"


def shown(client: Client, query: str = "", page: str = PAGE) -> list[str]:
    answer = client.get(f"{page}{query}")
    assert answer.status_code == 200, answer.status_code
    return [row.object_repr for row in answer.context["cl"].result_list]


@pytest.fixture
def trail(acme: Tenant, alice: User, acme_line: MessageSetting, inside: Any) -> None:
    """60 entries and more, of 8 kinds."""
    with inside(acme):
        for number in range(25):
            Extension.objects.create(number=f"3{number:02}", name="Desk")
            Contact.objects.create(number=f"+151255503{number:02}", name=f"Contact {number}")
        OptOut.objects.create(number="+15125550300", our_number=None)
        Template.objects.create(title="Hours", text="We are open.", owner=alice)
        Trunk.objects.create(name="Own", tenant=acme)
        change(PhoneNumber.objects.filter(tenant=acme), registration="pending")
        change(Membership.objects.filter(tenant=acme), is_active=False)
        change(Membership.objects.filter(tenant=acme), is_active=True)
        Extension.objects.filter(number__startswith="31").delete()


def test_a_full_page_of_all_kinds_takes_few_queries(
    admin: Client, trail: None, django_assert_max_num_queries: Any
) -> None:
    admin.get(PAGE)
    with django_assert_max_num_queries(12):
        rows = shown(admin)
    assert len(rows) == 60


def test_only_what_is_there_is_linked(
    admin: Client, acme: Tenant, trail: None, inside: Any
) -> None:
    with inside(acme):
        kept = Extension.objects.get(number="301")
        gone = LogEntry.objects.filter(object_repr="310 Desk", action=0).get()

    page = admin.get(f"{PAGE}?kind=messaging.extension&q=0+Desk").content.decode()
    page += admin.get(f"{PAGE}?kind=messaging.extension&q=301").content.decode()

    assert f'href="/t/acme/messaging/extension/{kept.pk}/change/"' in page
    assert "310 Desk" in page
    assert f'href="/t/acme/messaging/extension/{gone.object_id}/change/"' not in page


def test_a_row_of_another_tenant_is_not_linked(
    admin: Client, acme: Tenant, globex: Tenant, own_trunk: Trunk, inside: Any
) -> None:
    with inside(acme):
        change(Trunk.objects.filter(pk=own_trunk.pk), enabled=False)
    Trunk.objects.filter(pk=own_trunk.pk).update(tenant=globex)

    page = admin.get(PAGE).content.decode()

    assert "enabled:</b> yes → no" in page
    assert f"/tenants/trunk/{own_trunk.pk}/change/" not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=messaging.template", ["Hours"]),
        ("?kind=messaging.template&what=changed", []),
        ("?kind=tenants.phonenumber", ["+19195550101"]),
        ("?person=system&kind=messaging.optout", ["+15125550300"]),
        ("?timestamp_from=2099-01-01", []),
        ("?timestamp_to=2000-01-01", []),
        ("?timestamp_from=2000-01-01&timestamp_to=2099-01-01&q=hours", ["Hours"]),
        ("?timestamp_from=nonsense&q=hours", ["Hours"]),
        ("?person=9999999999999999999999&q=hours", []),
        ("?kind=tenants.nonsense", []),
        ("?of=messaging.template:x", []),
    ],
)
def test_filters(query: str, expected: list[str], admin: Client, trail: None) -> None:
    assert shown(admin, query) == expected


def test_the_person_filter_offers_members_only(
    admin: Client, alice: User, gina: User, trail: None
) -> None:
    page = admin.get(PAGE).content.decode()
    assert "alice@acme.example" in page
    assert "gina@globex.example" not in page


def test_history_of_a_row_is_its_part_of_the_trail(
    admin: Client, acme: Tenant, trail: None, inside: Any
) -> None:
    with inside(acme):
        desk = Extension.objects.get(number="301")
        desk.name = "Front desk"
        desk.save()

    answer = admin.get(f"/t/acme/messaging/extension/{desk.pk}/history/", follow=True)

    assert [e.object_repr for e in answer.context["cl"].result_list] == [
        "301 Front desk",
        "301 Desk",
    ]
    assert "name:</b> Desk → Front desk" in answer.content.decode()
    assert "History of" in answer.content.decode()


def test_text_of_users_is_not_markup(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Extension.objects.create(number="666", name="<script>alert(1)</script>")

    page = admin.get(PAGE).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_export_gives_the_filtered_rows_made_harmless(
    admin: Client, acme: Tenant, trail: None, inside: Any
) -> None:
    with inside(acme):
        Template.objects.create(title="=1+1", text="Sum")

    answer = admin.get(f"{PAGE}export/?kind=messaging.template")
    lines = answer.getvalue().decode("utf-8-sig").splitlines()

    assert "no-store" in answer["Cache-Control"]
    assert len(lines) == 3
    assert ",'=1+1," in lines[1]
    assert ",Hours," in lines[2]


def test_an_export_of_many_chunks_tells_each_once(
    admin: Client, acme: Tenant, trail: None, inside: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tenants.audit_sheet._CHUNK", 7)
    with inside(acme):
        count = LogEntry.objects.count()

    lines = admin.get(f"{PAGE}export/").getvalue().decode().splitlines()

    assert len(lines) == count + 1
    assert len(set(lines)) >= count - 5  # a person's two equal changes look alike


def test_nothing_can_be_changed(admin: Client, acme: Tenant, trail: None, inside: Any) -> None:
    with inside(acme):
        pk = LogEntry.objects.first().pk  # type: ignore[union-attr]  # there are many

    assert admin.get(f"{PAGE}{pk}/change/").status_code == 404
    assert admin.post(f"{PAGE}{pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{PAGE}add/").status_code == 403
    assert admin.post(PAGE, {"action": "delete_selected", "_selected_action": pk}).status_code in (
        200,
        302,
    )
    with inside(acme):
        assert LogEntry.objects.filter(pk=pk).exists()


@pytest.mark.parametrize("page", [PAGE, f"{PAGE}export/", VISITS])
def test_extension_users_and_strangers_are_kept_out(
    page: str, signed_in: Any, bob: User, gina: User
) -> None:
    assert signed_in(bob).get(page).status_code == 403
    assert signed_in(gina).get(page).status_code == 403


def test_visits_of_system_admins_are_told_to_their_tenant_only(
    admin: Client, gina: User, signed_in: Any, root: User, acme: Tenant
) -> None:
    visitor = signed_in(root)
    visitor.get("/t/acme/")
    visitor.post("/t/acme/messaging/extension/add/", {})

    page = admin.get(VISITS).content.decode()

    assert page.count("root@example.com") >= 2
    assert "/t/acme/messaging/extension/add/" in page
    assert (
        "root@example.com"
        not in signed_in(gina).get(VISITS.replace("acme", "globex")).content.decode()
    )


def test_a_change_by_a_switched_in_admin_wears_a_badge(
    admin: Client, signed_in: Any, root: User, acme: Tenant
) -> None:
    data = {"number": "301", "name": "", "email": "", "sms_permission": "own_numbers"}
    signed_in(root).post("/t/acme/messaging/extension/add/", data)

    page = admin.get(PAGE).content.decode()

    assert '<span class="tl-mark">system admin</span>' in page
