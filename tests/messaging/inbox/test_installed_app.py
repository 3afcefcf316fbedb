"""What the browser needs to install the inbox: open to strangers, and telling them nothing."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tenants.models import Tenant

BASE = "/t/acme/inbox/"


def test_the_manifest_is_the_tenants_own(acme, globex) -> None:
    answer = Client().get(f"{BASE}manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    shape = answer.json()
    assert {shape["id"], shape["start_url"], shape["scope"]} == {BASE}
    assert shape["name"] == "Acme Dental Group texts"
    assert shape["display"] == "standalone"
    assert {icon["purpose"] for icon in shape["icons"]} == {"any", "maskable"}
    assert shape["shortcuts"][0]["url"] == f"{BASE}new/"
    for icon in [*shape["icons"], *shape["shortcuts"][0]["icons"]]:
        file = finders.find(icon["src"].removeprefix("/static/"))
        assert file is not None
        side = int(icon["sizes"].partition("x")[0])
        header = open(file, "rb").read(24)  # noqa: SIM115
        assert int.from_bytes(header[16:20], "big") == side
    other = Client().get("/t/globex/inbox/manifest.webmanifest").json()
    assert other["id"] == "/t/globex/inbox/"
    assert "Acme" not in json.dumps(other)


@pytest.mark.parametrize("page", ["manifest.webmanifest", "sw.js", "offline/"])
def test_strangers_get_them_and_learn_nothing_else(acme, say, page) -> None:
    say("private words")
    answer = Client().get(BASE + page)
    assert answer.status_code == 200
    assert "private words" not in answer.content.decode()
    assert "5550101" not in answer.content.decode()
    assert Client().post(BASE + page).status_code == 405
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert Client().get(BASE + page).status_code != 200


@pytest.mark.parametrize("page", ["manifest.webmanifest", "sw.js", "offline/"])
def test_an_unknown_tenant_has_none(db, page) -> None:
    assert Client().get(f"/t/nowhere/inbox/{page}").status_code == 404


@pytest.mark.parametrize("page", ["me/", "news/"])
def test_what_is_a_persons_is_not_among_them(acme, page) -> None:
    assert Client().get(BASE + page)["Location"].startswith("/accounts/login/")


def test_the_service_worker_is_always_asked_for_again(acme) -> None:
    answer = Client().get(f"{BASE}sw.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "no-cache" in answer["Cache-Control"]
    facts = json.loads(re.search(r"const APP = (\{.*\});", answer.content.decode())[1])
    assert facts["scope"] == BASE
    # Only files that are the same for everybody, and the page that says nothing is kept.
    assert all(path.startswith("/static/") for path in facts["kept"])
    assert facts["offline"] == f"{BASE}offline/"


def test_the_pages_keep_the_strict_policy(signed_in, bob) -> None:
    for page in ("me/", "offline/"):
        answer = signed_in(bob).get(BASE + page)
        policy = answer["Content-Security-Policy"]
        assert "worker-src 'self'" in policy
        assert "manifest-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", answer.content.decode())


def test_the_inbox_names_its_app(signed_in, bob) -> None:
    page = signed_in(bob).get(BASE).content.decode()
    assert f'<link rel="manifest" href="{BASE}manifest.webmanifest">' in page
    assert f'data-worker="{BASE}sw.js"' in page
    assert f'href="{BASE}me/"' in page
