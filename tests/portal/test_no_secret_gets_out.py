"""Canaries: one of each secret is planted, the product is driven, and every place is looked at.

Places are all pages and API answers, failing sends, media, pushes and webhooks, error pages, failed
tasks, exports, mails, files, the cache, the log at its most talkative, every row of every table.
"""

from __future__ import annotations

import json
import re
import socket
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django_tenants.utils import tenant_context

from messaging import tasks
from messaging.configurations import check_credentials
from messaging.delivery.attempt import deliver
from messaging.exports import writer
from messaging.exports.asking import ask_for_messages
from messaging.media import attachments
from messaging.models import Attachment, Conversation, Message, PushSubscription, SmsConfiguration
from messaging.models.message import Status
from messaging.push import keys, sending
from messaging.push import outgoing as notifications
from messaging.webhook_address import renew_address
from providers.errors import AccountProblem
from providers.registry import platform_account, provider_for
from tenants.accounts import SecondFactors
from tenants.invitations import hash_token
from tenants.models import ApiKey, Invitation, Tenant, User, WebhookEndpoint
from tests.portal.addresses import PUBLIC, TENANT, People, Samples, addresses
from tests.portal.canaries import (
    SETTINGS,
    Found,
    basic,
    listening,
    read,
    read_cache,
    read_files,
    read_tables,
)
from tests.portal.conftest import write_message
from tests.providers.hostile import say, witness
from tests.providers.servers import scripted

ENCRYPTION_KEY = "canary-of-the-encryption-key"
PASSWORD = "canary-of-a-persons-password"
WRONG = "canary-of-a-mistyped-password"
PROVIDER = "canary-of-the-providers-password"
TYPED = "canary-of-a-password-typed-anew"
CALLBACK = "canary-of-the-callback-password"
TOTP = "CANARYOFTHEAUTHENTICATORAPPABCDE"
INVITED = "canary-of-an-invitation"
PUSH_KEY = "Y2FuYXJ5LW9mLXB1c2gtaw"
PUSHED_TO = "https://fcm.googleapis.com/canary-of-a-device"
AS_JSON = {"content_type": "application/json"}
ACCOUNT_PAGE = "/t/acme/messaging/smsconfiguration/"
ACCOUNT_API = "/t/acme/api/v1/sms-configurations/"

# Pages of what has secrets, or tells what was done with them.
NEAR = (
    "smsconf|sms-conf|key|member|user|invit|webhook|logentry|audit|visit|accessentry|settings|/me/"
    "|push|accounts/|metrics|health|message/|messages/|events|media|export|trunk|endpoint|schema"
)
# What shows that all of it was done, and looked at.
HAPPENED = [
    "push subscription",  # was not reached
    "Internal Server Error",
    "the disk is full",
    "Not Found: /webhook/bandwidth/sms/…",
    "Unauthorized: /webhook/bandwidth/sms/…",
    "/invite/…",
    "raised unexpected",
    "new webhook address",
    "The attachment is no longer at Bandwidth.",
    "Bandwidth does not accept",
    "bad: user:… …",
]
# Where a secret belongs: it is shown to those whose it is, or kept because it has to be told on.
EXCUSED = {
    "webhook token": (f"page {ACCOUNT_PAGE}", f"page {ACCOUNT_API}"),
    "old webhook token": (f"page {ACCOUNT_PAGE}", f"page {ACCOUNT_API}"),
    "device": ("table messaging_pushsubscription",),
    "device's key": ("table messaging_pushsubscription",),
    "session": ("table django_session", "table usersessions_usersession"),
}


@pytest.fixture
def secrets(furnished: Samples, people: People, settings: Any) -> dict[str, str]:
    """Plant one of each."""
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    settings.FIELD_ENCRYPTION_KEYS = [ENCRYPTION_KEY, *settings.FIELD_ENCRYPTION_KEYS]
    settings.VAPID_PRIVATE_KEY, _ = keys.new_keys()
    settings.DEBUG = False
    for person in (people.admin, people.system_admin):
        person.set_password(PASSWORD)
        person.save()
    sealed = SecondFactors().encrypt(TOTP)
    Authenticator.objects.update(data={"secret": sealed})
    Authenticator.objects.create(user=people.admin, type="totp", data={"secret": sealed})
    Invitation.objects.update(token_hash=hash_token(INVITED))
    WebhookEndpoint.objects.update(callback_username="bw", callback_password=CALLBACK)
    _, key = ApiKey.issue(people.admin, tenant=people.tenant, name="Canary's")
    with tenant_context(people.tenant):
        SmsConfiguration.objects.update(password=PROVIDER)
        PushSubscription.objects.update(endpoint=PUSHED_TO, auth=PUSH_KEY)
        configuration = SmsConfiguration.objects.select_related("endpoint").get()
        old = configuration.webhook_token
        renew_address(configuration)
        new = configuration.webhook_token
    told = {name: value for name, value in SETTINGS.items() if "canary" in value}
    return told | {
        "FIELD_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "VAPID_PRIVATE_KEY": settings.VAPID_PRIVATE_KEY,
        "password": PASSWORD,
        "mistyped password": WRONG,
        "authenticator": TOTP,
        "invitation": INVITED,
        "provider's password": PROVIDER,
        "provider's password on its way": basic("user", PROVIDER),
        "new password": TYPED,
        "callback password": CALLBACK,
        "callback password on its way": basic("bw", CALLBACK),
        "webhook token": new,
        "old webhook token": old,
        "API key": key,
        "device": PUSHED_TO.rpartition("/")[2],
        "device's key": PUSH_KEY,
        "access token": "canary-of-an-access-token",
    }


def _enter(found: Found, person: User) -> Client:
    """Sign in as people do, after a mistyped password."""
    client, page = Client(raise_request_exception=False), "/accounts/login/"
    for password in (WRONG, PASSWORD):
        read(
            found, f"page {page}", client.post(page, {"login": person.email, "password": password})
        )
    second = "/accounts/2fa/authenticate/"
    code = format_hotp_value(hotp_value(TOTP, int(time.time()) // 30))
    for typed in ("000000", code):
        answer = read(found, f"page {second}", client.post(second, {"code": typed}))
    assert answer.status_code == 302
    return client


def _look(found: Found, client: Client, urlconf: str, samples: Samples, which: str) -> int:
    """Open the pages that match; tells how many opened."""
    prefix, opened = "/t/acme/" if urlconf == TENANT else "/", 0
    for address in addresses(urlconf):
        path = prefix + address.filled(samples)
        if re.search(which, path) and not path.endswith("/logout/"):
            opened += read(found, f"page {path}", client.get(path)).status_code == 200
    return opened


def _change_the_account(found: Found, client: Client, pk: object) -> None:
    """Save rightly and wrongly, by page and API, and where the saving breaks."""
    form = {
        "name": "Main", "account_id": "9900001", "application_id": "93de2206",
        "auth_method": "basic", "login_name": "user", "login_secret": TYPED, "enabled": "on",
        "callback_username": "bw", "callback_password": CALLBACK,
        "trunk": SmsConfiguration.objects.values_list("trunk", flat=True)[0],
    }  # fmt: skip
    page, url = f"{ACCOUNT_PAGE}{pk}/change/", f"{ACCOUNT_API}{pk}/"
    body = {"password": TYPED, "callback_password": CALLBACK, "callback_username": "bw"}
    token = {"csrfmiddlewaretoken": "x"}
    for status, fields in ((302, form), (200, {**form, "name": ""}), (200, {**form, "trunk": "x"})):
        answer = client.post(page, fields | token)
        assert read(found, f"page {page}", answer).status_code == status
    for status, fields in ((200, body), (400, {**body, "trunk": "x"}), (400, {**body, "tr": 1})):
        answer = client.patch(url, fields, **AS_JSON)
        assert read(found, f"page {url}", answer).status_code == status
    with pytest.MonkeyPatch.context() as broken:
        for module in ("messaging.admin.configurations", "messaging.api.configuration_serializer"):
            broken.setattr(f"{module}.save_configuration", _break)
        assert read(found, "page of a fault", client.post(page, form)).status_code == 500
        assert read(found, "page of a fault", client.patch(url, body, **AS_JSON)).status_code == 500


def _break(*secrets: object, **more: object) -> None:
    raise RuntimeError("the disk is full")


def _let_sending_fail(found: Found, people: People, settings: Any) -> None:
    """Send, fetch a file and test the credentials while the carrier refuses, repeats and breaks."""
    echo = json.dumps(
        {"type": "x", "description": f"bad: user:{PROVIDER} {basic('user', PROVIDER)}"}
    ).encode()
    # The file came in by the account, whose credentials fetch it.
    Message.objects.filter(direction="in").update(configuration=SmsConfiguration.objects.get())
    SmsConfiguration.objects.update(segments_per_second=1000)
    for head in (b"400 Bad Request", b"401 No", b"403 No", b"500 Oops", b"302 There", b"429 Wait"):
        answer = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (head, len(echo), echo)
        Message.objects.filter(status=Status.QUEUED).update(status=Status.FAILED)  # out of the way
        with witness(answer) as carrier:
            base_url = f"http://127.0.0.1:{carrier.port}"
            settings.PROVIDER_OPTIONS = {"bandwidth": {"base_url": base_url, "token_url": base_url}}
            message = write_message(
                Conversation.objects.get(), inbound=False, status=Status.QUEUED,
                configuration=SmsConfiguration.objects.get(), author=people.admin,
            )  # fmt: skip
            deliver(message.pk)
            check_credentials(SmsConfiguration.objects.get())
            file = f"{base_url}/users/9900001/media/a.png"
            Attachment.objects.update(
                message=Message.objects.filter(direction="in")[0], state="pending",
                source_url=file, attempts=0, next_attempt_at=None,
            )  # fmt: skip
            attachments.fetch(Attachment.objects.get().pk)
        assert [said.split()[0] for said in carrier.heard] == [b"POST", b"GET", b"GET"]
    grant = b'{"access_token": "canary-of-an-access-token", "expires_in": 60}'
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(grant), grant)
    with scripted(say(ok), say(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")) as base_url:
        settings.PROVIDER_OPTIONS = {"bandwidth": {"base_url": base_url, "token_url": base_url}}
        account = platform_account()
        assert account is not None
        with pytest.raises(AccountProblem) as caught:
            provider_for("bandwidth", account).check_credentials()
    found.add("trace of a carrier's refusal", "".join(traceback.format_exception(caught.value)))


def _let_a_push_fail(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "check_public", lambda host: None)
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))]
    with monkeypatch.context() as names:
        names.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
        notifications.push(Message.objects.filter(direction="in").latest("created_at").pk)


def _post_webhooks(found: Found, tokens: list[str]) -> None:
    """Post by every address, signed rightly, wrongly and not at all, whole and broken."""
    signs = [basic("bw", CALLBACK), basic("bw", WRONG), ""]
    for token in (*tokens, tokens[0] + "x"):
        for sign in signs:
            for body in (b"[]", b"{", b'[{"type": "message-received"}]'):
                path = f"/webhook/bandwidth/sms/{token}"
                headers = {"Authorization": f"Basic {sign}"} if sign else {}
                answer = Client().post(path, body, headers=headers, **AS_JSON)
                read(found, "page of the webhook", answer)


def _let_tasks_fail(acme: Tenant) -> None:
    key = str(Attachment.objects.get().pk)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(attachments, "fetch", _break)
        assert tasks.fetch_media.apply(args=[acme.schema_name, key]).failed()
    assert tasks.fetch_media.apply(args=["t_nowhere", key]).failed()


@pytest.mark.parametrize(
    "which",
    [
        pytest.param(NEAR, id="pages near to secrets"),
        pytest.param("", id="all pages", marks=pytest.mark.slow),
    ],
)
def test_no_canary_is_found_where_it_does_not_belong(
    which: str,
    secrets: dict[str, str],
    furnished: Samples,
    people: People,
    settings: Any,
    media_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, acme = Found(), people.tenant
    with listening(found):
        admin, root = _enter(found, people.admin), _enter(found, people.system_admin)
        cookie = settings.SESSION_COOKIE_NAME
        secrets["session"] = admin.cookies[cookie].value
        program = Client(
            headers={"Authorization": f"Bearer {secrets['API key']}"}, raise_request_exception=False
        )
        with tenant_context(acme):
            _let_sending_fail(found, people, settings)
            _let_a_push_fail(found, monkeypatch)
            _let_tasks_fail(acme)
            export = ask_for_messages(people.admin, acme, {})
            writer.run(export.pk)
            pk = SmsConfiguration.objects.get().pk
            _change_the_account(found, admin, pk)
        _post_webhooks(found, [secrets["webhook token"], secrets["old webhook token"]])
        Client().post(f"/invite/{INVITED}", {"password1": WRONG})
        Client(enforce_csrf_checks=True).post(f"/invite/{INVITED}", {"password1": WRONG})
        assert _look(found, admin, TENANT, furnished, rf"^/t/acme/(?!api/).*({which})") > 20
        assert _look(found, root, PUBLIC, furnished, which) > 20
        assert _look(found, program, TENANT, furnished, rf"^/t/acme/api/.*({which})") > 10
    read_tables(found, ["public", acme.schema_name])
    read_cache(found)
    assert read_files(found, media_folder) > 0
    for letter in mail.outbox:
        found.add("mail", f"{letter.subject} {letter.body}")

    assert {where.split()[0] for where, _ in found.said} >= {
        "log",
        "page",
        "table",
        "file",
        "trace",
    }
    leaks = found.leaks(secrets, EXCUSED)
    assert not leaks, "\n".join(leaks)
