"""The broadcast screen: writing, looking before the start, watching, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.broadcasts import runner
from messaging.broadcasts.audience import Person
from messaging.models import Broadcast, Contact, Message, MessageSetting, OptOut, SendingPolicy
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER
from tests.messaging.broadcasts.conftest import MakeBroadcast, numbers

LIST = "/t/acme/messaging/broadcast/"
SUBMITTED = {"_form_submitted": "True"}
TEXT = {"name": "Closed", "our_number": ACME_NUMBER, "text": "Hi {first_name|there}, due {due}"}


@pytest.fixture
def admin(alice: User, acme_line: MessageSetting, signed_in: Any) -> Client:
    return signed_in(alice)  # type: ignore[no-any-return]


def stored(acme: Tenant) -> Broadcast:
    with tenant_context(acme):
        return Broadcast.objects.get()


def recipients(acme: Tenant) -> list[tuple[str, dict[str, str]]]:
    with tenant_context(acme):
        return [(p.number, p.fields) for p in stored(acme).recipients.all()]


def page_of(broadcast: Broadcast) -> str:
    return f"{LIST}{broadcast.pk}/change/"


def test_a_file_brings_recipients_and_merge_fields(admin: Client, acme: Tenant) -> None:
    rows = "Phone number,First name,Due\n(512) 555-0301,Dana,May 3\n512-555-0302,,\n0301,x,y\n"
    again = "+15125550301,Twice,x\n"
    file = SimpleUploadedFile("list.csv", (rows + again).encode(), content_type="text/csv")
    answer = admin.post(f"{LIST}add/", {**TEXT, "audience": "file", "file": file}, follow=True)

    assert recipients(acme) == [
        ("+15125550301", {"first_name": "Dana", "due": "May 3"}),
        ("+15125550302", {}),
    ]
    page = answer.content.decode()
    assert "2 recipients; 1 named twice, kept once; not phone numbers, left out: 0301." in page
    assert "Hi Dana, due May 3" in page
    assert "leaves a gap for 1 recipient." in page


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        ({"audience": "all"}, 3),
        ({"audience": "tag", "tag": "vip"}, 1),
        ({"audience": "numbers", "numbers": "512 555 0301; (512) 555-0302\n512.555.0303"}, 3),
    ],
    ids=["all", "tag", "numbers"],
)
def test_recipients_are_chosen_in_several_ways(
    admin: Client, acme: Tenant, choice: dict[str, Any], count: int
) -> None:
    with tenant_context(acme):
        for index, number in enumerate(numbers(3)):
            tags = ["vip"] if index == 0 else []
            Contact.objects.create(number=number, name=f"C {index}", tags=tags)
    answer = admin.post(f"{LIST}add/", {**TEXT, "text": "Hello", **choice})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert len(recipients(acme)) == count


def test_contacts_are_found_and_picked(admin: Client, acme: Tenant) -> None:
    with tenant_context(acme):
        dana = Contact.objects.create(number="+15125550301", name="Dana Rivers")
        Contact.objects.create(number="+15125550302", name="Bo")
    found = admin.get(f"{LIST}contacts/?term=dan").json()["results"]
    assert found == [{"id": str(dana.pk), "text": "Dana Rivers, (512) 555-0301"}]
    picked = {"audience": "contacts", "contacts": [dana.pk]}
    admin.post(f"{LIST}add/", {**TEXT, "text": "Hello", **picked})
    assert [number for number, _ in recipients(acme)] == ["+15125550301"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"audience": "numbers", "numbers": "nobody"}, "numbers", "None of these is"),
        ({"audience": "file"}, "file", "Choose a file"),
        ({"audience": ""}, "audience", "Choose whom"),
        ({"audience": "tag"}, "tag", "Nobody would get it"),
        ({"audience": "all", "text": " "}, "text", "Write a text"),
        ({"audience": "all", "our_number": "+13125550201"}, "our_number", "valid choice"),
    ],
    ids=["no number", "no file", "no way", "no tag", "no text", "a number of others"],
)
def test_what_is_missing_is_told_by_its_field(
    admin: Client, changes: dict[str, Any], field: str, said: str
) -> None:
    answer = admin.post(f"{LIST}add/", {**TEXT, **changes})
    assert said in str(answer.context["adminform"].form.errors[field])


def test_it_starts_pauses_and_goes_on_by_its_buttons(
    admin: Client, acme: Tenant, make_broadcast: MakeBroadcast
) -> None:
    broadcast = make_broadcast(2)
    for button, state in (
        ("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "canceled"),
    ):  # fmt: skip
        admin.post(f"{LIST}{broadcast.pk}/{button}/", SUBMITTED)
        assert stored(acme).state == state
    trail = admin.get("/t/acme/auditlog/logentry/").content.decode()
    assert "Being sent" in trail
    assert "Canceled" in trail


def test_it_is_scheduled_in_the_companys_time(
    admin: Client, acme: Tenant, make_broadcast: MakeBroadcast
) -> None:
    broadcast = make_broadcast(2)
    admin.post(f"{LIST}{broadcast.pk}/later/", {**SUBMITTED, "at": "2027-01-04T09:00"})
    found = stored(acme)
    assert found.state == "scheduled"
    assert found.scheduled_at is not None
    assert found.scheduled_at.isoformat() == "2027-01-04T14:00:00+00:00"


def test_what_was_started_can_be_watched_and_not_changed(
    admin: Client, acme: Tenant, make_broadcast: MakeBroadcast
) -> None:
    broadcast = make_broadcast([Person(number=n) for n in [*numbers(2), "+15125550999"]])
    admin.post(f"{LIST}{broadcast.pk}/start/", SUBMITTED)
    with tenant_context(acme):
        OptOut.objects.create(our_number=None, number="+15125550999", source="manual")
        runner.run(broadcast.pk)
    page = admin.get(page_of(broadcast)).content.decode()
    assert "hx-trigger" in page
    assert "Opted out of texts from this number (1)" in page
    assert 'name="text"' not in page
    assert admin.get(f"{LIST}{broadcast.pk}/state/").status_code == 200
    listed = admin.get(f"{LIST}{broadcast.pk}/recipients/?only=skipped").content.decode()
    assert "(512) 555-0999" in listed
    assert "(512) 555-0001" not in listed
    answer = admin.post(page_of(broadcast), {**TEXT, "audience": ""})
    assert answer.status_code == 403
    assert stored(acme).text == "We are closed."


def test_results_are_a_file_with_harmless_cells(
    admin: Client, acme: Tenant, make_broadcast: MakeBroadcast
) -> None:
    broadcast = make_broadcast([Person(number=numbers(1)[0], fields={"name": "=cmd()"})])
    admin.post(f"{LIST}{broadcast.pk}/start/", SUBMITTED)
    with tenant_context(acme):
        runner.run(broadcast.pk)
    answer: Any = admin.get(f"{LIST}{broadcast.pk}/results/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("'+15125550000,'=cmd(),Queued,")


def test_the_failed_are_tried_again_as_a_new_draft(
    admin: Client, acme: Tenant, make_broadcast: MakeBroadcast
) -> None:
    broadcast = make_broadcast(3)
    admin.post(f"{LIST}{broadcast.pk}/start/", SUBMITTED)
    with tenant_context(acme):
        runner.run(broadcast.pk)
        Message.objects.update(status="delivered")
        failed = Message.objects.filter(recipients__number=numbers(3)[1])
        Message.objects.filter(pk__in=failed.values("pk")).update(status="failed")
        Broadcast.objects.update(state="done")
    admin.post(f"{LIST}{broadcast.pk}/again/", SUBMITTED)
    with tenant_context(acme):
        draft = Broadcast.objects.get(state="draft")
        assert [p.number for p in draft.recipients.all()] == [numbers(3)[1]]


@pytest.mark.parametrize("who", ["bob", "gina"])
def test_nobody_else_sees_or_starts_it(
    acme: Tenant,
    make_broadcast: MakeBroadcast,
    bob: User,
    gina: User,
    signed_in: Callable[[User], Client],
    who: str,
) -> None:
    broadcast = make_broadcast(1)
    client = signed_in({"bob": bob, "gina": gina}[who])
    for address in ("", f"{broadcast.pk}/change/", f"{broadcast.pk}/results/", "contacts/"):
        assert client.get(LIST + address).status_code in (302, 403, 404)
    client.post(f"{LIST}{broadcast.pk}/start/", SUBMITTED)
    assert stored(acme).state == "draft"


def test_the_sending_policy_is_saved_and_told_of(admin: Client, acme: Tenant) -> None:
    page = "/t/acme/messaging/sendingpolicy/"
    assert admin.get(page).headers["Location"] == f"{page}1/change/"
    data = {
        "unregistered": "refuse", "quiet_hours": "on", "quiet_from": "20:30",
        "quiet_until": "09:00", "expire_hours": "12", "sender_name": "Acme",
    }  # fmt: skip
    assert admin.post(f"{page}1/change/", data).status_code == 302
    with tenant_context(acme):
        saved = SendingPolicy.objects.get()
    assert (saved.quiet_hours, f"{saved.quiet_from:%H:%M}", saved.expire_hours) == (
        True, "20:30", 12,
    )  # fmt: skip
    wrong = admin.post(f"{page}1/change/", {**data, "quiet_until": "20:30"})
    assert "need an end" in wrong.content.decode()
    assert "sending policy" in admin.get("/t/acme/auditlog/logentry/").content.decode()
