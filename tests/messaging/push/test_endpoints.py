"""Only push services are ever sent to."""

from __future__ import annotations

import pytest

from messaging.push import endpoints
from messaging.push.endpoints import EndpointRefused, check_public, host_of


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:DEF-123_",
        "https://FCM.googleapis.com:443/wp/x",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGx?y=1",
        "https://wns2-by3p.notify.windows.com/w/?token=BQYAAA%2f%3d",
    ],
)
def test_push_services_are_taken(endpoint) -> None:
    assert host_of(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com:8443/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example#fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://push.services.mozilla.com/x",
        "https://evilpush.apple.com/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://localhost/x",
        "https://portal.internal/x",
        "https://fcm.googleapis.com./x",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/a\r\nHost: evil",
        "https://fcm.googleapis.com/\\x",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/" + "x" * 1000,
    ],
)
def test_everything_else_is_refused(endpoint) -> None:
    with pytest.raises(EndpointRefused):
        host_of(endpoint)


@pytest.mark.parametrize(
    ("allowed", "host", "ok"),
    [
        ("push.example.org", "push.example.org", True),
        ("*.example.org", "push.example.org", True),
        ("*.example.org", "example.org", False),
        ("*", "push.example.org", True),
        ("*", "10.0.0.1", False),
    ],
)
def test_the_list_can_be_changed(settings, allowed, host, ok) -> None:
    settings.PUSH_ALLOWED_HOSTS = [allowed]
    if ok:
        assert host_of(f"https://{host}/x") == host
    else:
        with pytest.raises(EndpointRefused):
            host_of(f"https://{host}/x")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # an address, nothing listens
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
    ],
)
def test_a_name_that_leads_inside_is_refused(monkeypatch, address) -> None:
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", (address, 443))]
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(EndpointRefused):
        check_public("fcm.googleapis.com")


def test_nothing_is_sent_to_a_name_that_leads_inside(
    service, monkeypatch, acme, bob, turned_on, text_in, device_count
) -> None:
    from messaging import tasks

    turned_on(bob, acme)
    inside_address = [(2, 1, 6, "", ("10.0.0.5", 443))]
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", lambda *_, **__: inside_address)
    tasks.push_message(acme.schema_name, str(text_in().pk))
    assert len(service.calls) == 0
    assert device_count(failures=1) == 1
