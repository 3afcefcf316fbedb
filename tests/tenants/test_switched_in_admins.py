"""A system admin inside a tenant: seen, recorded, and able to go back."""

from __future__ import annotations

from django.test import Client

from tenants.models import AccessEntry, ApiKey

BACK = 'href="/system/tenants/tenant/"'


def test_a_switched_in_admin_sees_whose_pages_these_are(signed_in, root, acme) -> None:
    page = signed_in(root).get("/t/acme/").content.decode()
    assert "Managing Acme Dental Group" in page
    assert "<title>Managing Acme Dental Group" in page.replace("\n", "")
    assert BACK in page


def test_a_tenant_admin_sees_neither_badge_nor_way_to_the_system(signed_in, alice) -> None:
    page = signed_in(alice).get("/t/acme/").content.decode()
    assert "Acme Dental Group" in page
    assert "Managing" not in page
    assert "/system/" not in page


def test_the_way_back_needs_no_new_sign_in(signed_in, root, acme) -> None:
    client = signed_in(root)
    client.get("/t/acme/")
    assert client.get("/system/tenants/tenant/").status_code == 200


def test_a_visit_is_recorded_once_and_shown(signed_in, root, acme, globex) -> None:
    client = signed_in(root)
    for path in ("/t/acme/", "/t/acme/tenants/trunk/", "/t/globex/"):
        client.get(path)
    entries = AccessEntry.objects.order_by("pk").values_list("tenant__slug", "action", "path")
    assert list(entries) == [("acme", "visit", "/t/acme/"), ("globex", "visit", "/t/globex/")]
    log = client.get("/system/tenants/accessentry/").content.decode()
    assert "/t/globex/" in log


def test_each_change_is_recorded(signed_in, root, acme) -> None:
    client = signed_in(root)
    client.get("/t/acme/")
    client.post("/t/acme/tenants/trunk/add/", {})
    assert AccessEntry.objects.filter(action="POST", path="/t/acme/tenants/trunk/add/").count() == 1


def test_tenant_admins_leave_no_trail_as_they_are_at_home(signed_in, alice) -> None:
    signed_in(alice).get("/t/acme/")
    assert not AccessEntry.objects.exists()


def test_the_admin_sites_alone_loosen_the_content_policy(signed_in, root, acme) -> None:
    client = signed_in(root)
    for path in ("/system/", "/t/acme/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy
        assert "style-src 'self' 'unsafe-inline'" in policy
        assert "frame-ancestors 'none'" in policy


def test_the_search_of_one_tenant_knows_nothing_of_another(
    signed_in, root, acme_line, globex_line, settings
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "KEY_FUNCTION": settings_key_function(),
        }
    }
    client = signed_in(root)
    acme_found = client.get("/t/acme/search/?s=919&extended=1").content.decode()
    globex_found = client.get("/t/globex/search/?s=919&extended=1").content.decode()
    assert "/t/acme/" in acme_found
    assert "919" not in globex_found.replace("s=919", "")


def settings_key_function() -> str:
    from config import settings

    return settings.CACHES["default"]["KEY_FUNCTION"]


def test_calls_of_the_api_are_recorded_like_pages(signed_in, root, acme, globex) -> None:
    _, secret = ApiKey.issue(root)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    for _ in range(2):
        program.get("/t/acme/api/v1/members/")
    program.get("/t/globex/api/v1/members/")
    program.post("/t/acme/api/v1/contacts/", {}, content_type="application/json")
    signed_in(root).delete("/t/acme/api/v1/contacts/1/")
    assert list(AccessEntry.objects.order_by("pk").values_list("tenant", "action", "path")) == [
        (acme.pk, "visit", "/t/acme/api/v1/members/"),
        (globex.pk, "visit", "/t/globex/api/v1/members/"),
        (acme.pk, "POST", "/t/acme/api/v1/contacts/"),
        (acme.pk, "DELETE", "/t/acme/api/v1/contacts/1/"),
    ]


def test_calls_of_a_tenants_own_admin_are_not(alice, acme) -> None:
    _, secret = ApiKey.issue(alice, tenant=acme)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/t/acme/api/v1/members/").status_code == 200
    program.post("/t/acme/api/v1/contacts/", {}, content_type="application/json")
    assert not AccessEntry.objects.exists()
