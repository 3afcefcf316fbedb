"""An inbound text reaches the right people's devices, and says what it may."""

from __future__ import annotations

import logging
from datetime import time, timedelta
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.utils import timezone
from py_vapid import Vapid02

from config import local
from config.celery import app as celery_app
from messaging import queue, tasks
from messaging.inbound.receive import receive_message
from messaging.models import Attachment, Contact, NotificationChoice, PushSubscription, ReadMark
from messaging.push import devices, keys
from providers.types import InboundMessage
from tenants.models import Membership, Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER
from tests.messaging.push.conftest import PUSH_HOST

PHONE = f"{PUSH_HOST}/phone"


def _run(message: Any, tenant: Tenant) -> None:
    tasks.push_message(tenant.schema_name, str(message.pk))


def test_the_owner_of_the_extension_is_told(service, acme, bob, turned_on, text_in, inside) -> None:
    phone = turned_on(bob, acme)
    service.post(PHONE, status=201)
    with inside(acme):
        Contact.objects.create(number=CUSTOMER, name="Dana Whitfield")
    message = text_in()
    _run(message, acme)
    (call,) = service.calls
    assert phone.read(call.request.body) == {
        "title": "Dana Whitfield",
        "body": "Is my crown ready?",
        "tag": f"conversation-{message.conversation_id}",
        "url": f"/t/acme/inbox/{message.conversation_id}/",
        "badge": 1,
    }
    headers = call.request.headers
    assert (headers["ttl"], headers["urgency"]) == ("3600", "high")
    assert headers["topic"] == f"conversation-{message.conversation_id}"
    assert Vapid02.verify(headers["Authorization"])
    with inside(acme):
        assert PushSubscription.objects.get().last_ok_at is not None


@pytest.mark.parametrize(
    ("text", "files", "body"),
    [
        ("x" * 120, [], "x" * 120),
        ("x" * 121, [], "x" * 119 + "…"),
        ("two\nlines\x07", [], "two lines"),
        ("", ["image/jpeg"], "Picture"),
        ("", [""], "Picture"),
        ("", ["application/pdf"], "File"),
        ("look", ["image/jpeg"], "look"),
        ("", [], "Empty text"),
    ],
    ids=["just fits", "too long", "lines", "picture", "not fetched", "file", "both", "empty"],
)
def test_what_the_body_says(
    service, acme, bob, turned_on, text_in, inside, text, files, body
) -> None:
    phone = turned_on(bob, acme)
    service.post(PHONE, status=201)
    message = text_in(text)
    with inside(acme):
        for kind in files:
            Attachment.objects.create(message=message, content_type=kind)
    _run(message, acme)
    notice = phone.read(service.calls[0].request.body)
    assert (notice["title"], notice["body"]) == ("(512) 555-0300", body)


@pytest.mark.parametrize("whose", ["person", "company"])
def test_hidden_texts_are_not_in_the_notice(
    service, acme, bob, turned_on, text_in, inside, whose
) -> None:
    phone = turned_on(bob, acme)
    service.post(PHONE, status=201)
    if whose == "person":
        with inside(acme):
            NotificationChoice.objects.create(user=bob, hide_text=True)
    else:
        Tenant.objects.filter(pk=acme.pk).update(hide_notification_text=True)
    _run(text_in("secret words"), acme)
    notice = phone.read(service.calls[0].request.body)
    assert notice["title"] == "New text from (512) 555-0300"
    assert "secret" not in str(notice)


@pytest.mark.parametrize(
    ("is_assigned", "told"),
    [(True, {"bob"}), (False, {"alice"})],
    ids=["of an extension", "of nobody yet"],
)
def test_who_is_told(
    service, acme, alice, bob, root, turned_on, text_in, is_assigned, told
) -> None:
    for name, user in (("alice", alice), ("bob", bob), ("root", root)):
        turned_on(user, acme, name)
        service.post(f"{PUSH_HOST}/{name}", status=201)
    _run(text_in(is_assigned=is_assigned), acme)
    assert {call.request.url.rpartition("/")[2] for call in service.calls} == told


def test_an_admin_with_the_extension_is_told_too(service, acme, alice, turned_on, text_in) -> None:
    Membership.objects.filter(user=alice).update(extension="101")
    turned_on(alice, acme)
    service.post(PHONE, status=201)
    _run(text_in(), acme)
    assert len(service.calls) == 1


@pytest.mark.parametrize(
    "change",
    ["membership ended", "account closed", "another extension", "switched off"],
)
def test_who_may_not_see_it_any_more_is_not_told(
    service, acme, bob, turned_on, text_in, inside, change
) -> None:
    turned_on(bob, acme)
    message = text_in()
    match change:
        case "membership ended":
            Membership.objects.filter(user=bob).update(is_active=False)
        case "account closed":
            User.objects.filter(pk=bob.pk).update(is_active=False)
        case "another extension":
            Membership.objects.filter(user=bob).update(extension="102")
        case "switched off":
            with inside(acme):
                NotificationChoice.objects.create(user=bob, enabled=False)
    _run(message, acme)
    assert len(service.calls) == 0


def test_an_admin_who_was_made_an_extension_user_hears_no_more_of_unassigned_threads(
    service, acme, alice, turned_on, text_in
) -> None:
    turned_on(alice, acme)
    Membership.objects.filter(user=alice).update(role="extension", extension="103")
    _run(text_in(is_assigned=False), acme)
    assert len(service.calls) == 0


def test_nobody_of_another_tenant_is_told(
    service, acme, globex, gina, bob, turned_on, text_in, inside
) -> None:
    Membership.objects.filter(user=gina).update(extension="101")
    turned_on(gina, globex)
    turned_on(gina, acme, "stray")  # a row of somebody with no business here
    message = text_in()
    _run(message, acme)
    tasks.push_message(globex.schema_name, str(message.pk))
    assert len(service.calls) == 0


def test_quiet_hours_are_kept(service, acme, bob, turned_on, text_in, inside) -> None:
    turned_on(bob, acme)
    message = text_in()
    with inside(acme):
        NotificationChoice.objects.create(
            user=bob, quiet_from=time(0, 0), quiet_until=time(23, 59, 59, 999999)
        )
    _run(message, acme)
    assert len(service.calls) == 0


def test_the_icon_counts_unread_threads(service, acme, bob, turned_on, text_in, inside) -> None:
    phone = turned_on(bob, acme)
    service.post(PHONE, status=201)
    read = text_in("old", others=["+12065550177"])
    text_in("not mine", others=["+12065550188"], is_assigned=False)
    with inside(acme):
        ReadMark.objects.create(
            user=bob, conversation_id=read.conversation_id, read_at=timezone.now()
        )
    text_in("first", others=["+12065550199"])
    _run(text_in(), acme)
    assert phone.read(service.calls[0].request.body)["badge"] == 2


def test_a_text_of_long_ago_rings_no_more(service, acme, bob, turned_on, text_in) -> None:
    turned_on(bob, acme)
    _run(text_in(at=timezone.now() - timedelta(hours=2)), acme)
    assert len(service.calls) == 0


def test_nothing_is_sent_without_a_key(service, settings, acme, bob, turned_on, text_in) -> None:
    turned_on(bob, acme)
    settings.VAPID_PRIVATE_KEY = ""
    _run(text_in(), acme)
    assert len(service.calls) == 0


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_deleted(
    service, acme, inside, bob, turned_on, text_in, device_count, status
) -> None:
    turned_on(bob, acme, "old")
    phone = turned_on(bob, acme)
    with inside(acme):
        kept = devices.by_endpoint(bob, phone.endpoint).get().pk
    service.post(f"{PUSH_HOST}/old", status=status)
    service.post(PHONE, status=201)
    _run(text_in(), acme)
    assert device_count() == 1
    assert device_count(pk=kept) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 403},
        {"status": 302, "headers": {"Location": "http://169.254.169.254/latest/"}},
        {"body": requests.ConnectTimeout()},
    ],
    ids=["error", "refused", "redirect", "no answer"],
)
def test_a_failure_is_counted_and_followed_nowhere(
    service, acme, bob, turned_on, text_in, device_count, answer
) -> None:
    turned_on(bob, acme)
    service.post(PHONE, **answer)
    _run(text_in(), acme)
    assert len(service.calls) == 1
    assert device_count(failures=1) == 1


@pytest.mark.parametrize(
    ("failures", "quiet_days", "left"),
    [(9, 2, 0), (8, 2, 1), (50, 0, 1)],
    ids=["the tenth", "the ninth", "an outage of today"],
)
def test_a_device_that_cannot_be_reached_for_long_is_dropped(
    service, acme, bob, turned_on, text_in, inside, device_count, failures, quiet_days, left
) -> None:
    turned_on(bob, acme)
    with inside(acme):
        PushSubscription.objects.update(
            failures=failures, last_ok_at=timezone.now() - timedelta(days=quiet_days)
        )
    service.post(PHONE, status=500)
    _run(text_in(), acme)
    assert device_count() == left


def test_success_forgets_failures(
    service, acme, bob, turned_on, text_in, inside, device_count
) -> None:
    turned_on(bob, acme)
    with inside(acme):
        PushSubscription.objects.update(failures=7)
    service.post(PHONE, status=201)
    _run(text_in(), acme)
    assert device_count(failures=0) == 1


def test_logs_hold_no_text_number_or_address(
    service, acme, bob, turned_on, text_in, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    turned_on(bob, acme)
    service.post(PHONE, status=500, body="secret of the push service")
    _run(text_in("secret words"), acme)
    assert "not reached: answered 500" in caplog.text
    for word in ("secret", "5550300", PHONE):
        assert word not in caplog.text


@pytest.mark.parametrize(
    ("has_device", "has_key", "asked"),
    [(True, True, 1), (False, True, 0), (True, False, 0)],
    ids=["a device", "no device", "push is off"],
)
def test_work_is_asked_for_only_where_somebody_listens(
    monkeypatch,
    settings,
    acme,
    bob,
    turned_on,
    acme_line,
    inside,
    django_capture_on_commit_callbacks,
    has_device,
    has_key,
    asked,
) -> None:
    published: list[Any] = []
    monkeypatch.setattr(queue, "publish", lambda *args, **_: published.append(args))
    if has_device:
        turned_on(bob, acme)
    if not has_key:
        settings.VAPID_PRIVATE_KEY = ""
    event = InboundMessage(
        provider_message_id="in-1",
        our_number=ACME_NUMBER,
        sender=CUSTOMER,
        recipients=(ACME_NUMBER,),
        text="Is my crown ready?",
        media_urls=(),
        segment_count=1,
        application_id="app",
        sent_at=None,
        raw={},
    )
    with django_capture_on_commit_callbacks(execute=True), inside(acme):
        message = receive_message(acme, event, acme_line.provider)
        assert published == []  # not before the commit
        again = receive_message(acme, event, acme_line.provider)
    assert again is None
    pushed = [args for args in published if args[0] == queue.PUSH]
    assert pushed == [(queue.PUSH, acme.schema_name, message.pk)] * asked


def test_the_work_waits_for_slow_ends_only() -> None:
    assert celery_app.conf.task_routes[queue.PUSH] == {"queue": "slow"}


@pytest.mark.parametrize(
    ("named", "public_url", "contact"),
    [
        ("", "https://texts.example.com:8443", "https://texts.example.com:8443"),
        ("", "http://127.0.0.1:8000", "mailto:texts@example.com"),
        ("admin@example.com", "https://texts.example.com", "mailto:admin@example.com"),
        ("mailto:a@example.com", "https://texts.example.com", "mailto:a@example.com"),
    ],
    ids=["public address", "trial", "address", "url"],
)
def test_push_services_are_told_whom_to_write_to(named, public_url, contact) -> None:
    found = local.push_contact(named, public_url=public_url, mail_from="Texts <texts@example.com>")
    assert found == contact


def test_the_command_prints_a_pair_that_fits(capsys, settings) -> None:
    call_command("make_vapid_keys")
    lines = dict(
        line.removeprefix("# ").split("=", 1)
        for line in capsys.readouterr().out.splitlines()
        if "=" in line
    )
    settings.VAPID_PRIVATE_KEY = lines["VAPID_PRIVATE_KEY"]
    assert keys.public_key() == lines["VAPID_PUBLIC_KEY"]


def test_the_key_of_a_trial_is_made_once(tmp_path, settings) -> None:
    made = local.local_secret(tmp_path, "vapid_private_key")
    settings.VAPID_PRIVATE_KEY = made
    assert len(keys.public_key()) == 87
    assert local.local_secret(tmp_path, "vapid_private_key") == made
