"""The person's own page, and turning notifications on and off."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from messaging.models import NotificationChoice, PushSubscription
from messaging.push import devices, endpoints, keys
from tenants.models import Tenant, User
from tests.messaging.push.conftest import PUSH_HOST, Browser

ME = "/t/acme/inbox/me/"
DEVICES = f"{ME}devices/"


@pytest.fixture(autouse=True)
def _push_is_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAPID_PRIVATE_KEY = keys.new_keys()[0]
    public = [(2, 1, 6, "", ("142.250.1.95", 443))]
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", lambda *_, **__: public)


@pytest.fixture
def own_device(inside: Any) -> Any:
    """Keep a device of a person in a tenant."""

    def keep(user: User, tenant: Tenant, name: str = "phone") -> PushSubscription:
        browser = Browser(endpoint=f"{PUSH_HOST}/{name}")
        with inside(tenant):
            return devices.subscribe(
                user, devices.Device(**browser.fields, user_agent="iPhone Safari")
            )

    return keep


def _devices(inside: Any, tenant: Tenant) -> set[tuple[str, int]]:
    with inside(tenant):
        rows = PushSubscription.objects.values_list("endpoint", "user_id")
        return {(endpoint.rpartition("/")[2], user) for endpoint, user in rows}


@pytest.mark.parametrize(
    ("person", "status"), [("bob", 200), ("alice", 200), ("root", 200), ("gina", 403)]
)
def test_the_page_is_for_the_tenants_people(request, signed_in, acme, person, status) -> None:
    user = request.getfixturevalue(person)
    assert signed_in(user).get(ME).status_code == status


def test_the_page_needs_few_queries(
    signed_in, bob, acme, own_device, django_assert_max_num_queries
) -> None:
    for number in range(10):
        own_device(bob, acme, f"d{number}")
    client = signed_in(bob)
    with django_assert_max_num_queries(12):
        page = client.get(ME)
    assert page.content.decode().count("data-device=") == 10


@pytest.mark.parametrize("key", ["", "not a key"], ids=["unset", "unreadable"])
def test_the_page_says_that_push_is_off(settings, signed_in, bob, key) -> None:
    settings.VAPID_PRIVATE_KEY = key
    page = signed_in(bob).get(ME).content.decode()
    assert "switched off on this platform" in page
    assert 'data-key=""' in page
    fields = Browser(endpoint=f"{PUSH_HOST}/phone").fields
    answer = signed_in(bob).post(DEVICES, fields)
    assert answer.status_code == 422
    assert "switched off" in answer.json()["error"]


def test_a_browser_is_kept_found_and_forgotten(signed_in, bob, acme, inside) -> None:
    client = signed_in(bob)
    fields = Browser(endpoint=f"{PUSH_HOST}/phone").fields
    made = client.post(DEVICES, fields, headers={"User-Agent": "Android Chrome/130"})
    assert made.status_code == 201
    assert client.post(DEVICES, fields).json() == made.json()  # the same again is the same device
    found = client.post(f"{DEVICES}check/", {"endpoint": fields["endpoint"]}).json()
    assert found == {"id": made.json()["id"], "key": keys.public_key()}
    assert client.post(f"{DEVICES}forget/", {"endpoint": fields["endpoint"]}).status_code == 204
    assert _devices(inside, acme) == set()


def test_a_shared_browser_rings_for_the_last_person_only(
    signed_in, alice, bob, acme, own_device, inside
) -> None:
    fields = Browser(endpoint=f"{PUSH_HOST}/desk").fields
    signed_in(bob).post(DEVICES, fields)
    check = {"endpoint": fields["endpoint"]}
    assert signed_in(alice).post(f"{DEVICES}check/", check).json()["id"] is None
    assert signed_in(alice).post(DEVICES, fields).status_code == 201
    assert _devices(inside, acme) == {("desk", alice.pk)}


def test_the_eleventh_device_takes_the_place_of_the_oldest(bob, acme, own_device, inside) -> None:
    for number in range(11):
        own_device(bob, acme, f"d{number}")
    kept = {name for name, _ in _devices(inside, acme)}
    assert kept == {f"d{number}" for number in range(1, 11)}


_POINT = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://evil.example/x"},
        {"endpoint": "https://127.0.0.1/x"},
        {"endpoint": ""},
        {"p256dh": ""},
        {"p256dh": "BAAA"},
        {"p256dh": "B" + "A" * 86},
        {"p256dh": "🦷"},
        {"auth": "AAAA"},
        {"auth": "x" * 5000},
    ],
    ids=["stranger", "inside", "none", "no key", "short", "off the curve", "emoji", "auth", "long"],
)
def test_bad_subscriptions_are_refused(signed_in, bob, acme, inside, change) -> None:
    fields = {**Browser(endpoint=f"{PUSH_HOST}/phone").fields, **change}
    answer = signed_in(bob).post(DEVICES, fields)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert _devices(inside, acme) == set()


def test_changes_need_the_csrf_token(bob, acme) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("name/", "notifications/", "devices/", "devices/check/", "devices/forget/"):
        assert client.post(ME + path).status_code == 403
        assert signed_in_get(client, ME + path) == 405


def signed_in_get(client: Client, path: str) -> int:
    """Ask by GET, which changes nothing anywhere."""
    return client.get(path).status_code


@pytest.mark.parametrize("what", ["remove", "test"])
def test_nobody_touches_anothers_device(
    signed_in, alice, bob, gina, root, acme, globex, own_device, inside, what
) -> None:
    device = own_device(bob, acme)
    other = own_device(gina, globex)
    path = f"{DEVICES}{device.pk}/{what}/"
    assert signed_in(alice).post(path).status_code == 404
    assert signed_in(root).post(path).status_code == 404
    assert signed_in(gina).post(path).status_code == 403
    assert signed_in(bob).post(f"/t/globex/inbox/me/devices/{other.pk}/{what}/").status_code == 403
    signed_in(alice).post(f"{DEVICES}forget/", {"endpoint": device.endpoint})
    assert _devices(inside, acme) == {("phone", bob.pk)}
    assert _devices(inside, globex) == {("phone", gina.pk)}


def test_a_lost_phone_is_removed(signed_in, bob, acme, own_device, inside) -> None:
    device = own_device(bob, acme)
    page = signed_in(bob).post(f"{DEVICES}{device.pk}/remove/", follow=True).content.decode()
    assert "Safari on iPhone gets no notifications any more." in page
    assert _devices(inside, acme) == set()


@pytest.mark.parametrize(
    ("status", "says", "left"),
    [(201, "Sent to Safari", 1), (410, "no longer takes", 0), (503, "did not answer", 1)],
)
def test_the_test_says_what_became_of_it(
    signed_in, bob, acme, own_device, inside, status, says, left
) -> None:
    device = own_device(bob, acme)
    with responses.RequestsMock() as service:
        service.post(f"{PUSH_HOST}/phone", status=status)
        page = signed_in(bob).post(f"{DEVICES}{device.pk}/test/", follow=True).content.decode()
    assert says in page
    assert len(_devices(inside, acme)) == left


def test_a_person_changes_the_own_name(signed_in, bob) -> None:
    signed_in(bob).post(f"{ME}name/", {"name": "  Bob\r\nB. <b> ", "email": "evil@example.com"})
    bob.refresh_from_db()
    assert (bob.name, bob.email) == ("Bob B. <b>", "bob@acme.example")
    page = signed_in(bob).get(ME).content.decode()
    assert "Bob B. &lt;b&gt;" in page
    assert signed_in(bob).post(f"{ME}name/", {"name": "x" * 101}).status_code == 422


def test_the_choice_is_kept(signed_in, bob, acme, inside) -> None:
    client = signed_in(bob)
    client.post(
        f"{ME}notifications/", {"hide_text": "on", "quiet_from": "22:00", "quiet_until": "07:30"}
    )
    with inside(acme):
        choice = NotificationChoice.objects.get(user=bob)
    assert (choice.enabled, choice.hide_text) == (False, True)
    page = client.get(ME).content.decode()
    assert 'value="22:00"' in page
    assert 'value="07:30"' in page
    client.post(f"{ME}notifications/", {"enabled": "on", "quiet_from": "", "quiet_until": ""})
    with inside(acme):
        choice = NotificationChoice.objects.get(user=bob)
    assert (choice.enabled, choice.hide_text, choice.quiet_from) == (True, False, None)


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (("22:00", ""), "Say when the quiet hours end"),
        (("", "07:00"), "Say when the quiet hours begin"),
        (("07:00", "07:00"), "must differ"),
        (("25:00", "07:00"), "Enter a valid time"),
    ],
    ids=["no end", "no beginning", "no length", "no time"],
)
def test_half_quiet_hours_are_refused(signed_in, bob, acme, inside, hours, says) -> None:
    fields = {"quiet_from": hours[0], "quiet_until": hours[1]}
    answer = signed_in(bob).post(f"{ME}notifications/", fields)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    with inside(acme):
        assert not NotificationChoice.objects.exists()


def test_news_are_what_a_push_would_say(signed_in, alice, bob, say, acme, inside) -> None:
    told = say("for 101")
    say("too long ago", ago=6, others=["+12065550177"])
    say("for nobody", others=["+12065550188"], is_assigned=False)
    say("ours", direction="out")
    news = signed_in(bob).get("/t/acme/inbox/news/").json()["notices"]
    assert [(n["id"], n["title"], n["body"]) for n in news] == [
        (str(told.pk), "(512) 555-0300", "for 101")
    ]
    own = signed_in(alice).get("/t/acme/inbox/news/").json()["notices"]
    assert [n["body"] for n in own] == ["for nobody"]
    with inside(acme):
        NotificationChoice.objects.create(user=bob, hide_text=True)
    (hidden,) = signed_in(bob).get("/t/acme/inbox/news/").json()["notices"]
    assert (hidden["title"], hidden["body"]) == ("New text from (512) 555-0300", "")
    with inside(acme):
        NotificationChoice.objects.update(enabled=False)
    assert signed_in(bob).get("/t/acme/inbox/news/").json() == {"notices": []}


def test_news_need_few_queries(signed_in, bob, say, django_assert_max_num_queries) -> None:
    for number in range(10):
        say("hello", others=[f"+1206555010{number}"])
    client = signed_in(bob)
    with django_assert_max_num_queries(12):
        assert len(client.get("/t/acme/inbox/news/").json()["notices"]) == 10


def test_news_are_nothing_that_was_read(signed_in, bob, say) -> None:
    message = say("hello")
    client = signed_in(bob)
    client.get(f"/t/acme/inbox/{message.conversation_id}/")
    assert client.get("/t/acme/inbox/news/").json() == {"notices": []}
