"""One browser, two tabs, two tenants: nothing goes from one to the other."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import Contact, Extension
from tenants.models import Membership, Tenant, User


@pytest.fixture
def both(signed_in: Any, alice: User, globex: Tenant) -> Any:
    """Browser of somebody who administers both companies."""
    Membership.objects.create(user=alice, tenant=globex, role="admin")
    return signed_in(alice)


def test_a_form_saves_where_it_was_opened(
    both: Any, acme: Tenant, globex: Tenant, inside: Any
) -> None:
    for tenant in (acme, globex):
        with inside(tenant):
            Extension.objects.create(number="101", name=f"Of {tenant.slug}")
    with inside(acme):
        pk = Extension.objects.get().pk
    address = f"/t/acme/messaging/extension/{pk}/change/"
    tab = both.get(address)
    both.get("/t/globex/messaging/extension/")  # the other tab, meanwhile
    fields = {**tab.context["adminform"].form.initial, "name": "Renamed"}
    saved = both.post(address, fields)
    assert saved.status_code == 302
    assert saved["Location"].startswith("/t/acme/")
    with inside(acme):
        assert Extension.objects.get(number="101").name == "Renamed"
    with inside(globex):
        assert Extension.objects.get(number="101").name == "Of globex"


def test_pages_link_to_their_own_tenant_only(both: Any) -> None:
    for slug, other in (("acme", "globex"), ("globex", "acme"), ("acme", "globex")):
        page = both.get(f"/t/{slug}/").content.decode()
        assert f"/t/{slug}/messaging/" in page
        assert f"/t/{other}/" not in page


def test_the_search_forgets_the_other_tenant(
    both: Any, acme: Tenant, globex: Tenant, inside: Any, settings: Any
) -> None:
    # The product's cache key, which the suite's plain cache does without.
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "KEY_FUNCTION": "django_tenants.cache.make_key",
        }
    }
    with inside(acme):
        Contact.objects.create(number="+15125550130", name="Dana of Acme")
    with inside(globex):
        Contact.objects.create(number="+15125550131", name="Dana of Globex")
    found = both.get("/t/acme/search/?s=Dana&extended=1").content.decode()
    assert "Dana of Acme" in found
    found = both.get("/t/globex/search/?s=Dana&extended=1").content.decode()
    assert "Dana of Globex" in found
    assert "Dana of Acme" not in found


def test_the_products_cache_is_keyed_by_tenant() -> None:
    from config import settings

    assert settings.CACHES["default"]["KEY_FUNCTION"] == "django_tenants.cache.make_key"
