"""`schema/` and `docs/` of both APIs."""

from __future__ import annotations

import json
from functools import lru_cache
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

# On one worker, or each would describe both APIs.
pytestmark = pytest.mark.xdist_group("description")


@lru_cache
def _described(urlconf: str) -> dict[str, Any]:
    out = StringIO()
    call_command(
        "spectacular", urlconf=urlconf, format="openapi-json", fail_on_warn=True, validate=True,
        stdout=out,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture(scope="module", params=["config.urls_tenant", "config.urls_public"])
def described(request: Any) -> dict[str, Any]:
    """Both APIs in turn, valid and without a warning."""
    return _described(request.param)


def _operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_what_can_be_done_to_a_message_is_described() -> None:
    assert "/api/v1/messages/{id}/retry/" in _described("config.urls_tenant")["paths"]


def test_every_operation_has_a_short_name_and_a_group(described) -> None:
    groups = [tag["name"] for tag in described["tags"]]
    for name, operation in _operations(described):
        assert 5 < len(operation["summary"]) < 90, name
        assert operation["summary"][0].isupper(), name
        (group,) = operation["tags"]
        assert group in groups, name
        assert group[0].isupper(), f"{name}: put its first part into a group of tenants.api.openapi"


def test_every_operation_says_how_it_says_no(described) -> None:
    for name, operation in _operations(described):
        wanted = {"400", "401", "403", "404"} | (set() if name.startswith("GET") else {"409"})
        assert wanted <= set(operation["responses"]), name


def test_every_list_has_one_shape(described) -> None:
    lists = [
        shape
        for name, shape in described["components"]["schemas"].items()
        if name.startswith("Paginated")
    ]
    assert len(lists) > 8
    for shape in lists:
        assert set(shape["properties"]) == {"count", "next", "previous", "results"}


@pytest.mark.parametrize(
    ("urlconf", "path"),
    [
        ("config.urls_tenant", "messages/"),
        ("config.urls_tenant", "message-settings/"),
        ("config.urls_tenant", "sms-configurations/"),
        ("config.urls_public", "tenants/"),
        ("config.urls_public", "phone-numbers/allot/"),
    ],
)
def test_the_main_operations_show_an_example(urlconf, path) -> None:
    posted = _described(urlconf)["paths"][f"/api/v1/{path}"]["post"]
    assert posted["requestBody"]["content"]["application/json"]["examples"]


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
