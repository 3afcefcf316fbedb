"""Who sees a shared thread, by every door, and who is told of its texts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.core.files.base import ContentFile

from config.hints import Hub
from config.streams import Stream
from messaging.handling import actions
from messaging.hint_tokens import channel
from messaging.models import (
    Attachment,
    Extension,
    MessageSetting,
    PushSubscription,
    RingGroupMember,
)
from messaging.push import audience
from tenants.models import Membership

BASE = "/t/acme/"


@pytest.fixture
def thread(group, text_in):
    """A thread of the group that Ann (101) handles."""
    return text_in("Is my crown ready?")


@pytest.fixture
def attachment(thread, acme, inside):
    with inside(acme):
        file = Attachment(
            message=thread.messages.get(), name="x.png", content_type="image/png", state="ready"
        )
        file.file.save("x", ContentFile(b"\x89PNG\r\n\x1a\n" + b"\0" * 32), save=False)
        file.save()
        return file


def doors(client: Any, key: Any, thread: Any, attachment: Any) -> dict[str, bool]:
    """Tell by each door whether the thread shows."""
    pk = thread.pk
    row = f'id="c{pk}"'
    return {
        "list": row in client.get(f"{BASE}inbox/").content.decode(),
        "search": row in client.get(f"{BASE}inbox/rows/?q=crown").content.decode(),
        "thread": client.get(f"{BASE}inbox/{pk}/").status_code == 200,
        "head": client.get(f"{BASE}inbox/{pk}/head/").status_code == 200,
        "passing-on": client.get(f"{BASE}inbox/{pk}/passing-on/").status_code == 200,
        "colleagues": client.get(f"{BASE}inbox/{pk}/colleagues/").status_code == 200,
        "media": client.get(f"{BASE}inbox/media/{attachment.pk}/").status_code == 200,
        "api list": bool(key.get(f"{BASE}api/v1/conversations/").json()["results"]),
        "api search": bool(key.get(f"{BASE}api/v1/conversations/?q=crown").json()["results"]),
        "api thread": key.get(f"{BASE}api/v1/conversations/{pk}/").status_code == 200,
        "api messages": bool(key.get(f"{BASE}api/v1/messages/").json()["results"]),
        "api notes": key.get(f"{BASE}api/v1/conversations/{pk}/notes/").status_code == 200,
        "api media": key.get(f"{BASE}api/v1/media/{attachment.pk}/").status_code == 200,
    }


@pytest.mark.parametrize(
    ("number", "sees"),
    [("101", True), ("102", True), ("103", True), ("104", False)],
    ids=["handler", "member", "another-member", "outsider"],
)
def test_members_see_the_groups_threads(
    thread, attachment, signed_in, api, people, acme, number, sees
) -> None:
    person = people[number]
    shown = doors(signed_in(person), api(person, acme), thread, attachment)
    assert set(shown.values()) == {sees}, shown


def test_admins_see_them_all(thread, attachment, signed_in, api, alice, acme) -> None:
    shown = doors(signed_in(alice), api(alice, acme), thread, attachment)
    assert all(shown.values()), shown


def test_who_leaves_the_group_sees_its_threads_no_more(
    thread, attachment, signed_in, api, people, acme, inside
) -> None:
    with inside(acme):
        RingGroupMember.objects.filter(extension__number="102").delete()
    shown = doors(signed_in(people["102"]), api(people["102"], acme), thread, attachment)
    assert not any(shown.values()), shown


def test_another_tenants_extension_of_the_same_number_sees_nothing(
    thread, globex, gina, signed_in, inside
) -> None:
    Membership.objects.filter(user=gina).update(extension="101", role="extension")
    with inside(globex):
        Extension.objects.create(number="101")
    client = signed_in(gina)
    assert client.get(f"{BASE}inbox/{thread.pk}/").status_code == 403
    assert client.get(f"/t/globex/inbox/{thread.pk}/").status_code == 404
    assert client.post(f"/t/globex/inbox/{thread.pk}/take/").status_code == 404


@pytest.mark.parametrize("action", ["take", "transfer", "assign", "done", "reopen", "notes"])
def test_who_cannot_see_a_thread_does_nothing_with_it(
    thread, signed_in, api, people, acme, action
) -> None:
    dan = people["104"]
    page = signed_in(dan).post(f"{BASE}inbox/{thread.pk}/{action}/", {"to": "102", "note": "x"})
    assert page.status_code == 404
    body = json.dumps({"text": "x"} if action == "notes" else {})
    answer = api(dan, acme).post(
        f"{BASE}api/v1/conversations/{thread.pk}/{action}/", body, content_type="application/json"
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("action", ["take", "transfer", "assign", "done", "reopen", "notes"])
def test_who_looks_at_anothers_inbox_does_nothing(thread, signed_in, alice, action) -> None:
    page = signed_in(alice).post(
        f"{BASE}inbox/{thread.pk}/{action}/?as=101", {"to": "102", "note": "x"}
    )
    assert page.status_code in (403, 404)


def told(thread: Any, acme: Any) -> set[str]:
    fresh = type(thread).objects.select_related("extension").get(pk=thread.pk)
    return {user.email for user in audience.listeners(fresh, acme)}


@pytest.fixture
def devices(acme, inside, people, alice):
    with inside(acme):
        for index, user in enumerate([*people.values(), alice]):
            PushSubscription.objects.create(
                user=user, endpoint=f"https://fcm.googleapis.com/{index}",
                endpoint_hash=bytes([index]) * 32, p256dh="k", auth="a",
            )  # fmt: skip


def test_only_the_handler_is_told(thread, devices, acme, inside, who, desks) -> None:
    with inside(acme):
        assert told(thread, acme) == {"101@acme.example"}
        actions.transfer(thread, who("101"), desks["103"])
        assert told(thread, acme) == {"103@acme.example"}


def test_of_a_loose_thread_the_available_members_are_told(
    thread, devices, acme, inside, who, alice
) -> None:
    with inside(acme):
        type(thread).objects.update(extension=None)
        Extension.objects.filter(number="102").update(is_available=False)
        assert told(thread, acme) == {"101@acme.example", "103@acme.example"}
        Extension.objects.update(is_available=False)
        assert told(thread, acme) == {"alice@acme.example"}


def test_a_mention_is_told_to_whom_it_names_only(thread, devices, acme, inside, who) -> None:
    from messaging.handling.notes import add_note

    with inside(acme):
        note = add_note(thread, who("101"), "@104 and @101: look")
        assert {user.email for user in audience.mentioned(note, acme)} == {"104@acme.example"}


def test_unread_marks_are_each_ones_own(thread, signed_in, people) -> None:
    signed_in(people["101"]).get(f"{BASE}inbox/{thread.pk}/")
    assert "is-unread" not in signed_in(people["101"]).get(f"{BASE}inbox/").content.decode()
    assert "is-unread" in signed_in(people["102"]).get(f"{BASE}inbox/").content.decode()


def test_done_leaves_the_list_and_is_found(thread, signed_in, people) -> None:
    client = signed_in(people["102"])
    answer = client.post(f"{BASE}inbox/{thread.pk}/done/")
    assert answer.status_code == 302
    row = f'id="c{thread.pk}"'
    assert row not in client.get(f"{BASE}inbox/").content.decode()
    assert row in client.get(f"{BASE}inbox/rows/?only=done").content.decode()
    assert row in client.get(f"{BASE}inbox/rows/?q=crown").content.decode()
    assert 'data-unread="0"' in client.get(f"{BASE}inbox/").content.decode()


def test_the_list_narrows_to_ones_own(thread, signed_in, people) -> None:
    row = f'id="c{thread.pk}"'

    def shown(number: str, only: str) -> bool:
        page = signed_in(people[number]).get(f"{BASE}inbox/rows/?only={only}")
        return row in page.content.decode()

    assert [shown("101", only) for only in ("mine", "shared", "unassigned")] == [True, True, False]
    assert [shown("102", only) for only in ("mine", "shared", "unassigned")] == [False, True, False]


def test_members_may_answer_from_the_groups_number(
    thread, signed_in, people, acme_line, acme, inside
) -> None:
    answer = signed_in(people["103"]).post(f"{BASE}inbox/{thread.pk}/send/", {"text": "Yes"})
    assert answer.status_code == 302
    with inside(acme):
        assert MessageSetting.objects.get().extension is None
        assert thread.messages.filter(direction="out", author=people["103"]).count() == 1


def test_availability_is_ones_own_to_say(group, signed_in, people, api, acme, inside) -> None:
    client = signed_in(people["102"])
    assert client.post(f"{BASE}inbox/me/available/", {"available": "off"}).status_code == 302
    with inside(acme):
        assert list(
            Extension.objects.filter(is_available=False).values_list("number", flat=True)
        ) == ["102"]
    key = api(people["102"], acme)
    answer = key.patch(
        f"{BASE}api/v1/me/", json.dumps({"is_available": True}), content_type="application/json"
    )
    assert answer.json()["is_available"] is True
    with inside(acme):
        assert not Extension.objects.filter(is_available=False).exists()


def test_actions_by_the_api(thread, api, people, alice, acme) -> None:
    url = f"{BASE}api/v1/conversations/{thread.pk}/"

    def post(person: Any, action: str, **body: Any) -> Any:
        return api(person, acme).post(
            f"{url}{action}/", json.dumps(body), content_type="application/json"
        )

    taken = post(people["102"], "take", handler="101")
    assert (taken.status_code, taken.json()["extension"]) == (200, "102")
    late = post(people["103"], "take", handler="101")
    assert (late.status_code, late.json()["detail"]) == (
        422,
        "102 Bea Bright was quicker and has this conversation now.",
    )
    assert post(people["103"], "transfer", extension="101").status_code == 422
    assert post(people["102"], "transfer", extension="104").json()["code"] == "invalid_extension"
    assert post(people["102"], "transfer", extension="103").json()["extension"] == "103"
    assert post(people["103"], "assign", extension="101").status_code == 422
    assert post(alice, "assign", extension=None).json()["extension"] is None
    assert post(people["101"], "done").json()["done"] is True
    assert post(people["101"], "reopen").json()["done"] is False
    assert post(people["101"], "take", nonsense=1).status_code == 400


@pytest.mark.parametrize(
    ("listener", "hears"), [("101", True), ("102", True), ("104", False), (None, True), ("", False)]
)
def test_live_hints_reach_who_shares_the_thread(
    thread, acme, inside, hints, who, django_capture_on_commit_callbacks, listener, hears
) -> None:
    hints.clear()
    with inside(acme), django_capture_on_commit_callbacks(execute=True):
        actions.done(thread, who("101"))
    (hint,) = hints
    assert asyncio.run(_is_told("t_acme", hint, listener)) is hears


async def _is_told(schema_name: str, hint: dict[str, Any], listener: str | None) -> bool:
    """Open a page that listens for the extension, and tell whether the hint gets there."""
    told: list[bytes] = []

    async def send(message: Any) -> None:
        told.append(message.get("body", b""))

    hub, stream = Hub(), Stream(send, {"type": "http.response.start"})
    page = asyncio.ensure_future(stream.last(asyncio.sleep(60), seconds=60))
    with hub.listening(stream, schema_name, 7, listener):
        await asyncio.sleep(0)
        hub._pass_on({"channel": channel(schema_name).encode(), "data": json.dumps(hint)})
        await asyncio.sleep(0.01)
        stream.end()
        await page
    return any(b"conversation" in chunk for chunk in told)
