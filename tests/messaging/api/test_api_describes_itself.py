"""`schema/` and `docs/` of a tenant's API."""

from __future__ import annotations

from io import StringIO

import yaml
from django.core.management import call_command


def test_the_description_is_made_without_a_warning(capsys) -> None:
    out = StringIO()
    call_command("spectacular", urlconf="config.urls_tenant", fail_on_warn=True, stdout=out)
    assert "/api/v1/messages/{id}/retry/" in yaml.safe_load(out.getvalue())["paths"]


def test_the_description_starts_at_the_tenant_s_own_address(api, alice) -> None:
    answer = api(alice).get("/t/acme/api/v1/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["servers"] == [{"url": "/t/acme"}]
    schemas = answer.json()["components"]["schemas"]
    assert (
        schemas["Configuration"]["properties"].keys().isdisjoint({"password", "callback_password"})
        or schemas["Configuration"]["properties"]["password"]["writeOnly"]
    )
    assert "from" in schemas["NewMessage"]["properties"]


def test_the_docs_page_runs_no_inline_script(signed_in, alice) -> None:
    page = signed_in(alice).get("/t/acme/api/v1/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    assert html.count("<script") == html.count("<script src=")
    assert 'src="/t/acme/api/v1/docs/?script="' in html
    script = signed_in(alice).get("/t/acme/api/v1/docs/?script=")
    assert "/t/acme/api/v1/schema/" in script.content.decode()
