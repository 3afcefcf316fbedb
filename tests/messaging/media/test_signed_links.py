"""Signed addresses: one file, one tenant, one hour; and the way they are handed out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from messaging.media import attachments, links
from messaging.models import Attachment
from tenants.models import Tenant, User
from tests.messaging.media.photographs import noise, saved

Inside = Callable[[Tenant], AbstractContextManager[None]]
PNG = saved(noise(40, 30), "PNG")


@pytest.fixture
def picture(acme: Tenant, inside: Inside, bob: User) -> Attachment:
    with inside(acme):
        return attachments.store_upload(bob, "door.png", "image/png", PNG)


@pytest.fixture
def address(picture: Attachment, api: Any, bob: User, acme: Tenant) -> str:
    """The path that the API hands out."""
    told = api(bob, acme).get(f"/t/acme/api/v1/media/{picture.pk}/").json()
    return urlsplit(told["signed_url"]).path


def signed(*claim: Any, salt: str = "messaging.media.link") -> str:
    return f"/t/acme/media/{signing.Signer(salt=salt).sign_object(list(claim))}/"


def in_an_hour() -> int:
    return int(timezone.now().timestamp()) + 3600


def test_whoever_has_the_address_reads_the_file_and_nothing_runs_in_it(address: str) -> None:
    assert address.startswith("/t/acme/media/")
    answer = Client().get(address)

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"].startswith("private, max-age=3")


def test_the_address_ends_after_an_hour(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr(links.timezone, "now", lambda: later)
    assert Client().get(address).status_code == 404


def test_the_address_is_worth_nothing_in_another_tenant(
    address: str, picture: Attachment, globex: Tenant, inside: Inside, gina: User
) -> None:
    with inside(globex):  # even if it had a file of the same key
        other = attachments.store_upload(gina, "x.png", "image/png", PNG)
        Attachment.objects.filter(pk=other.pk).update(id=picture.pk)
    assert Client().get(address.replace("/t/acme/", "/t/globex/")).status_code == 404


def test_the_address_closes_with_its_tenant(address: str, acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("place", [0, 5, -2])
def test_an_altered_address_is_not_found(address: str, place: int) -> None:
    token = list(address.removeprefix("/t/acme/media/").rstrip("/"))
    token[place] = "A" if token[place] != "A" else "B"
    assert Client().get(f"/t/acme/media/{''.join(token)}/").status_code == 404


@pytest.mark.parametrize(
    "claim",
    [
        lambda key: signed("t_acme", key, in_an_hour() - 3601),
        lambda key: signed("t_globex", key, in_an_hour()),
        lambda key: signed("t_acme", key, in_an_hour(), salt="messaging.live"),
        lambda key: signed("t_acme", key),
        lambda key: signed("t_acme", "nonsense", in_an_hour()),
        lambda key: signed("t_acme", None, in_an_hour()),
        lambda key: signed("t_acme", key, "soon"),
        lambda key: signed("t_acme", "0" * 32, in_an_hour()),
        lambda key: f"/t/acme/media/{signing.Signer(salt='messaging.media.link').sign_object(5)}/",
        lambda key: f"/t/acme/media/{key}/",
        lambda key: "/t/acme/media/%00/",
    ],
    ids=[
        *("expired", "other tenant", "other salt", "too short", "no key", "null", "no time"),
        *("no such file", "a number", "the bare key", "nul"),
    ],
)
def test_what_does_not_hold_is_not_found(picture: Attachment, claim: Any) -> None:
    assert Client().get(claim(picture.pk.hex)).status_code == 404


def test_the_right_claim_holds(picture: Attachment) -> None:
    assert Client().get(signed("t_acme", picture.pk.hex, in_an_hour())).status_code == 200


def test_the_address_takes_no_writing(address: str) -> None:
    assert Client().post(address).status_code == 405


def test_a_file_that_is_not_here_has_no_address(
    picture: Attachment, api: Any, bob: User, acme: Tenant, inside: Inside, address: str
) -> None:
    with inside(acme):
        Attachment.objects.update(state="failed")
    told = api(bob, acme).get(f"/t/acme/api/v1/media/{picture.pk}/").json()
    assert told["signed_url"] is None
    assert Client().get(address).status_code == 404
