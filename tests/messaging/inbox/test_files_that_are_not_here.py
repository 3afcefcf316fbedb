"""Inbound files that wait, fail, and are asked for again while the carrier has them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django_tenants.utils import tenant_context

from messaging import queue
from messaging.models import Attachment
from tenants.models import Tenant

URL = "https://messaging.bandwidth.com/api/v2/users/9900001/media/in-1/0/door.png"
LATE = timedelta(hours=48)


@pytest.fixture
def missing(acme: Tenant, say, attach) -> Any:
    """Store a file that is not here, of a message in extension 101's thread."""

    def store(*, is_late: bool = False, **fields: Any) -> Attachment:
        with tenant_context(acme):
            file = attach(say("look"), **{"source_url": URL, "attempts": 5, **fields})
            if is_late:
                Attachment.objects.update(created_at=F("created_at") - LATE)
        return file

    return store


def again(file: Attachment) -> str:
    return f"/t/acme/inbox/media/{file.pk}/again/"


def read(acme: Tenant, file: Attachment) -> Attachment:
    with tenant_context(acme):
        file.refresh_from_db()
    return file


@pytest.mark.parametrize(
    ("fields", "words", "is_offered"),
    [
        ({"state": "pending"}, "File is being fetched", False),
        ({"state": "pending", "error": "Bandwidth is down."}, "could not be fetched yet", True),
        ({"state": "failed", "error": "Not there."}, "File not available", True),
        ({"state": "failed", "is_late": True, "error": "Gone."}, "File lost", False),
        ({"state": "failed", "source_url": "", "error": "Too long."}, "File lost", False),
    ],
    ids=["waiting", "failed once", "failed", "too late", "no address"],
)
def test_the_bubble_says_how_it_stands(
    signed_in,
    bob,
    missing,
    fields: dict[str, Any],
    words: str,
    is_offered: bool,  # noqa: FBT001
) -> None:
    file = missing(**fields)
    page = signed_in(bob).get(f"/t/acme/inbox/{file.message.conversation_id}/").content.decode()

    assert words in page
    assert fields.get("error", "") in page
    assert ("Try again" in page) is is_offered
    assert (again(file) in page) is is_offered


@pytest.mark.parametrize("state", ["failed", "pending"])
def test_a_person_has_it_fetched_at_once(
    signed_in,
    bob,
    acme,
    missing,
    monkeypatch,
    state: str,
    django_capture_on_commit_callbacks,
) -> None:
    published: list[tuple[str, str]] = []
    monkeypatch.setattr(
        queue, "publish", lambda task, schema, key, **rest: published.append((task, str(key)))
    )
    file = missing(state=state, error="Bandwidth is down.")
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(bob).post(again(file), headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "being fetched" in answer.content.decode()
    row = read(acme, file)
    assert (row.state, row.error, row.attempts, row.next_attempt_at) == ("pending", "", 0, None)
    assert published == [("messaging.fetch_media", str(file.pk))]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "failed", "is_late": True},
        {"state": "failed", "source_url": ""},
        {"state": "ready"},
    ],
    ids=["too late", "no address", "here"],
)
def test_what_cannot_be_fetched_is_left_as_it_is(
    signed_in, api, bob, acme, missing, fields: dict[str, Any]
) -> None:
    file = missing(**fields)
    assert signed_in(bob).post(again(file)).status_code == 302
    answer = api(bob, acme).post(f"/t/acme/api/v1/media/{file.pk}/retry/")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_state")
    assert read(acme, file).state == fields["state"]


def test_a_program_has_it_fetched(api, bob, acme, missing) -> None:
    file = missing(state="failed", error="Not there.")
    answer = api(bob, acme).post(f"/t/acme/api/v1/media/{file.pk}/retry/")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["error"]) == ("pending", "")


def test_others_cannot_ask_for_it(signed_in, api, gina, bob, acme, globex, missing) -> None:
    file = missing(state="failed")
    with tenant_context(acme):
        file.message.conversation.extension = None
        file.message.conversation.save()
    assert signed_in(bob).post(again(file)).status_code == 404
    assert signed_in(gina).post(again(file)).status_code == 403
    assert api(bob, acme).post(f"/t/acme/api/v1/media/{file.pk}/retry/").status_code == 404
    assert api(gina, globex).post(f"/t/globex/api/v1/media/{file.pk}/retry/").status_code == 404
    assert read(acme, file).state == "failed"


def test_a_picture_made_smaller_says_so_in_the_bubble(signed_in, bob, say, attach) -> None:
    message = say("look", direction="out")
    attach(message, notice="Made smaller to fit, from 8.1 MB.")
    page = signed_in(bob).get(f"/t/acme/inbox/{message.conversation_id}/").content.decode()
    assert "from 8.1 MB" in page
