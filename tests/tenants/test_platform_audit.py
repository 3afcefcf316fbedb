"""The trail of what is changed outside the tenants."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry

from tenants.audit_words import summary, who
from tenants.models import AccessEntry, ApiKey, Tenant, User

pytestmark = pytest.mark.audited

PAGE = "/system/auditlog/logentry/"
AS_JSON = {"content_type": "application/json"}


def last(model) -> LogEntry:
    entry = LogEntry.objects.get_for_model(model).order_by("-pk").first()
    assert entry is not None
    return entry


def test_suspending_a_tenant_is_told_of(signed_in, root, acme) -> None:
    client = signed_in(root)
    url = f"/system/tenants/tenant/{acme.pk}/suspend/"

    client.post(url, {"_form_submitted": "True"})

    entry = last(Tenant)
    assert (summary(entry), who(entry)) == ("active: yes → no", "root@example.com")
    assert "active:</b> yes → no" in client.get(PAGE).content.decode()


def test_a_change_by_the_platforms_api_is_told_of(api, root, acme) -> None:
    api(root).patch("/api/v1/tenants/acme/", {"name": "Acme Two"}, **AS_JSON)

    entry = last(Tenant)
    assert summary(entry) == "name: Acme Dental Group → Acme Two"
    assert entry.additional_data == {"api_key": ApiKey.objects.get().hint}


def test_accounts_are_told_of_without_their_passwords(signed_in, root, alice) -> None:
    alice.name = "Alice"
    alice.set_password("n3w-Canary-password")
    alice.save()

    entry = last(User)
    assert summary(entry).endswith("→ Alice")
    assert alice.password not in str(vars(entry))


def test_the_page_is_quick_and_exported(
    signed_in, root, alice, bob, acme_number, django_assert_max_num_queries
) -> None:
    client = signed_in(root)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        page = client.get(PAGE).content.decode()
    assert f'href="/system/tenants/phonenumber/{acme_number.pk}/change/"' in page
    sheet = client.get(f"{PAGE}export/?kind=tenants.phonenumber").getvalue().decode()
    assert "'+19195550101" in sheet


def test_the_platforms_records_are_read_by_api(api, signed_in, root, acme) -> None:
    signed_in(root).get("/t/acme/")
    client = api(root)

    audit = client.get("/api/v1/audit/?kind=tenants.tenant").json()
    visits = client.get("/api/v1/access-entries/?tenant=acme&actor=root@example.com").json()

    assert {row["kind"] for row in audit["results"]} == {"tenants.tenant"}
    assert visits["count"] == AccessEntry.objects.count() == 1
    assert visits["results"][0]["action"] == "visit"
    assert client.get("/api/v1/access-entries/?before=2000-01-01T00:00:00Z").json()["count"] == 0


@pytest.mark.parametrize("path", ["/api/v1/audit/", "/api/v1/access-entries/"])
def test_tenants_people_do_not_read_the_platforms_records(path, api, alice, bob) -> None:
    assert api(alice).get(path).status_code == 403
    assert api(bob).get(path).status_code == 403


def test_the_platforms_page_is_for_system_admins(signed_in, alice) -> None:
    assert signed_in(alice).get(PAGE).status_code == 403


def test_history_buttons_lead_to_the_trail(signed_in, root, acme, acme_number) -> None:
    client = signed_in(root)
    for path, label in (
        (f"tenant/{acme.pk}", "Acme Dental Group"),
        (f"phonenumber/{acme_number.pk}", "+19195550101"),
        (f"trunk/{acme_number.trunk_id}", "Bandwidth"),
        (f"user/{root.pk}", "root@example.com"),
    ):
        answer = client.get(f"/system/tenants/{path}/history/", follow=True)
        assert [row.object_repr for row in answer.context["cl"].result_list] == [label]
    assert client.get("/system/tenants/trunk/999999/history/").status_code == 404
