"""What numbers of each kind may send, on the screen and by the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client

from tenants.models import Tenant, ThroughputPreset, User
from tenants.throughput import forget_rates, rates

PAGE = "/system/tenants/throughputpreset/"
API = "/api/v1/throughput-presets/"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_rates()
    yield
    forget_rates()


@pytest.fixture
def portal(signed_in: Any, root: User) -> Client:
    client: Client = signed_in(root)
    return client


@pytest.fixture
def platform(api: Any, root: User) -> Client:
    client: Client = api(root)
    return client


@pytest.mark.django_db
def test_usual_figures_hold_where_nobody_said_more() -> None:
    assert rates() == {"local": 1, "registered": 15, "toll_free": 3, "short_code": 100}


def test_page_tells_all_figures(portal: Client) -> None:
    ThroughputPreset.objects.create(kind="toll_free", segments_per_second=25)
    page = " ".join(portal.get(PAGE).content.decode().split())
    assert "Local: <strong>1</strong> (the usual figure)" in page
    assert "Toll-free: <strong>25</strong> (changed below)" in page


def test_figure_is_set_changed_and_taken_back_on_the_page(portal: Client) -> None:
    token = portal.get(f"{PAGE}add/").cookies["trunkline_csrf"].value
    form = {"csrfmiddlewaretoken": token, "kind": "local", "segments_per_second": "2.5"}
    client = Client()
    client.cookies = portal.cookies
    assert client.post(f"{PAGE}add/", form).status_code == 302
    assert rates()["local"] == 2.5

    preset = ThroughputPreset.objects.get()
    form["segments_per_second"] = "4"
    assert client.post(f"{PAGE}{preset.pk}/change/", form).status_code == 302
    assert rates()["local"] == 4

    form["post"] = "yes"
    assert client.post(f"{PAGE}{preset.pk}/delete/", form).status_code == 302
    assert rates()["local"] == 1
    kinds = LogEntry.objects.filter(content_type__model="throughputpreset")
    assert kinds.count() == 3


def test_add_is_not_offered_when_all_kinds_have_one(portal: Client) -> None:
    for kind in ThroughputPreset.Kind:
        ThroughputPreset.objects.create(kind=kind, segments_per_second=5)
    assert f"{PAGE}add/" not in portal.get(PAGE).content.decode()


def test_api_sets_changes_and_takes_back(platform: Client) -> None:
    body = {"kind": "short_code", "segments_per_second": 40.0}
    answer = platform.post(API, body, content_type="application/json")
    assert answer.status_code == 201
    made = answer.json()
    assert made == {"id": made["id"], **body, "usual": 100.0}
    assert rates()["short_code"] == 40

    one = f"{API}{made['id']}/"
    changed = platform.patch(one, {"segments_per_second": 60}, content_type="application/json")
    assert changed.json()["segments_per_second"] == 60
    assert rates()["short_code"] == 60
    assert platform.delete(one).status_code == 204
    assert rates()["short_code"] == 100


def test_api_lists_what_holds_for_every_kind(platform: Client) -> None:
    made = ThroughputPreset.objects.create(kind="toll_free", segments_per_second=25)
    page = platform.get(API).json()
    assert (page.pop("next"), page.pop("previous"), page.pop("count")) == (None, None, 4)
    assert page["results"] == [
        {"id": None, "kind": "local", "segments_per_second": 1.0, "usual": 1.0},
        {"id": None, "kind": "registered", "segments_per_second": 15.0, "usual": 15.0},
        {"id": made.pk, "kind": "toll_free", "segments_per_second": 25.0, "usual": 3.0},
        {"id": None, "kind": "short_code", "segments_per_second": 100.0, "usual": 100.0},
    ]
    second = platform.get(API, {"page_size": 3, "page": 2}).json()
    assert [row["kind"] for row in second["results"]] == ["short_code"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"kind": "pigeon", "segments_per_second": 1}, "kind", id="unknown kind"),
        pytest.param({"kind": "local", "segments_per_second": 1}, "kind", id="a second one"),
        pytest.param(
            {"kind": "toll_free", "segments_per_second": 0}, "segments_per_second", id="0"
        ),
        pytest.param(
            {"kind": "toll_free", "segments_per_second": 1e6}, "segments_per_second", id="too many"
        ),
        pytest.param({"kind": "toll_free"}, "segments_per_second", id="no figure"),
    ],
)
def test_wrong_input_names_the_field(platform: Client, body: dict[str, Any], field: str) -> None:
    ThroughputPreset.objects.create(kind="local", segments_per_second=2)
    answer = platform.post(API, body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_kind_of_a_figure_stays(platform: Client) -> None:
    preset = ThroughputPreset.objects.create(kind="local", segments_per_second=2)
    answer = platform.patch(f"{API}{preset.pk}/", {"kind": "toll_free"}, "application/json")
    assert answer.json() == {"kind": ["This cannot be changed."]}


def test_only_system_admins_come_near(
    api: Any, signed_in: Any, acme: Tenant, alice: User, bob: User
) -> None:
    for person in (alice, bob):
        assert api(person).get(API).status_code == 403
        assert api(person, acme).get(API).status_code == 401
        assert signed_in(person).get(PAGE).status_code == 403
    assert Client().get(API).status_code == 401
