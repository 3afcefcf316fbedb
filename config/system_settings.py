"""How the platform is set up, to be read and tried by system admins. No secret is shown."""

from __future__ import annotations

import platform
import shutil
import smtplib
from dataclasses import dataclass
from urllib.parse import urlsplit

import celery
import django
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from config.health import database_state, queue_depths
from messaging.pacing.figures import account_pace, tenants_waiting
from providers.errors import ProviderError
from providers.registry import platform_account, platform_webhook_credentials, provider_for
from providers.types import AuthMethod
from tenants.links import absolute
from tenants.sites import system_site

_SIGN_IN = {AuthMethod.OAUTH2: "OAuth2", AuthMethod.BASIC: "API token and secret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the page; `kind` is good, warn or bad."""

    name: str
    value: str
    kind: str = ""


def page(request: HttpRequest) -> HttpResponse:
    """Show the settings; a post tries the mail server or the carrier account."""
    if request.method == "POST":
        if "mail" in request.POST:
            _send_test_mail(request)
        elif "carrier" in request.POST:
            _test_carrier(request)
        return redirect("admin:system_settings")
    context = {
        **system_site.each_context(request),
        "title": "System settings",
        "webhook_url": absolute("/webhook/bandwidth/sms"),
        "has_account": platform_account() is not None,
        "groups": [
            ("Addresses", _addresses()),
            ("Bandwidth account of the platform", _carrier()),
            ("E-mail", _mail()),
            ("Notifications to phones", _push()),
            ("Health", _health()),
            ("Storage and versions", _storage_and_versions()),
        ],
    }
    return TemplateResponse(request, "system/settings.html", context)


def _addresses() -> list[Fact]:
    secure = urlsplit(settings.PUBLIC_URL).scheme == "https"
    return [
        Fact(
            name="Public address",
            value=settings.PUBLIC_URL + ("" if secure else " (not encrypted: use HTTPS)"),
            kind="" if secure else "warn",
        ),
        Fact(name="Live updates", value=settings.EVENTS_URL or f"port {settings.EVENTS_PORT}"),
    ]


def _carrier() -> list[Fact]:
    account = platform_account()
    if account is None:
        return [
            Fact(
                name="Account",
                value="Not set: tenants bring accounts of their own."
                " Set BANDWIDTH_ACCOUNT_ID to offer one to all.",
            )
        ]
    guarded = bool(platform_webhook_credentials())
    return [
        Fact(name="Account ID", value=account.account_id),
        Fact(
            name="Application ID",
            value=account.application_id or "Not set: texts cannot be sent.",
            kind="" if account.application_id else "bad",
        ),
        Fact(name="Signs in by", value=_SIGN_IN[account.auth_method]),
        Fact(
            name="Credentials",
            value="Set" if account.username and account.password else "Missing",
            kind="good" if account.username and account.password else "bad",
        ),
        Fact(
            name="Callback credentials",
            value="Set"
            if guarded
            else "Not set: anybody can post to the webhook address."
            " Set BANDWIDTH_WEBHOOK_USERNAME and BANDWIDTH_WEBHOOK_PASSWORD.",
            kind="good" if guarded else "bad",
        ),
        Fact(name="Sends to", value=settings.BANDWIDTH_MESSAGE_BASE_URL),
        *_throughput(),
    ]


def _throughput() -> list[Fact]:
    pace = account_pace(None)
    waiting = tenants_waiting()
    slowed = pace.slowed_since is not None or not pace.is_known
    return [
        Fact(name="Throughput", value=pace.told, kind="warn" if slowed else ""),
        Fact(
            name="Waiting for it",
            value="Not known"
            if waiting is None
            else f"{waiting:,} {'tenant' if waiting == 1 else 'tenants'}",
        ),
    ]


def _mail() -> list[Fact]:
    sender = Fact(name="From", value=settings.DEFAULT_FROM_EMAIL)
    if not settings.EMAIL_URL:
        folder = getattr(settings, "EMAIL_FILE_PATH", "")
        return [
            Fact(
                name="Mail server",
                value=f"Not set: mail is written to {folder} and reaches nobody. Set EMAIL_URL.",
                kind="warn",
            ),
            sender,
        ]
    return [
        Fact(name="Mail server", value=f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", kind="good"),
        sender,
    ]


def _push() -> list[Fact]:
    ready = bool(getattr(settings, "VAPID_PUBLIC_KEY", ""))
    value = "Set" if ready else "Not set: phones and desks are not notified."
    return [Fact(name="Keys for web push", value=value, kind="good" if ready else "warn")]


def _health() -> list[Fact]:
    database = database_state()
    depths = queue_depths()
    waiting = "" if depths is None else ", ".join(f"{n} {count:,}" for n, count in depths.items())
    return [
        Fact(name="Database", value=database, kind="good" if database == "ok" else "bad"),
        Fact(
            name="Queue",
            value=f"ok, waiting: {waiting}" if depths is not None else "down",
            kind="good" if depths is not None else "bad",
        ),
    ]


def _storage_and_versions() -> list[Fact]:
    server = str(connection.pg_version)  # type: ignore[attr-defined]  # of PostgreSQL's backend
    return [
        Fact(name="Files are kept in", value=_media_folder()),
        Fact(name="PostgreSQL", value=f"{int(server[:-4])}.{int(server[-4:])}"),
        Fact(name="Python", value=platform.python_version()),
        Fact(name="Django", value=django.get_version()),
        Fact(name="Celery", value=celery.__version__),
    ]


def _media_folder() -> str:
    storage = settings.STORAGES["default"]
    options = storage.get("OPTIONS", {})
    if bucket := options.get("bucket_name"):
        return f"{bucket} at {options.get('endpoint_url') or 'Amazon S3'}"
    folder = options.get("location", "")
    if not folder:
        return "the storage of STORAGES"
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # made with the first attachment
        return str(folder)
    return f"{folder} ({free / 10**9:,.1f} GB free)"


def _send_test_mail(request: HttpRequest) -> None:
    address = request.user.email  # type: ignore[union-attr]  # the site lets nobody else in
    text = f"This mail was sent from the system settings of {settings.PUBLIC_URL}. Mail works."
    try:
        send_mail("Test mail from Trunkline", text, None, [address])
    except (smtplib.SMTPException, OSError) as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        messages.error(request, f"The test mail was not sent. {reason}. Check EMAIL_URL.")
        return
    if settings.EMAIL_URL:
        messages.success(request, f"The mail server took a test mail for {address}.")
    else:
        messages.warning(
            request, f"A test mail for {address} was written to a file: no mail server is set."
        )


def _test_carrier(request: HttpRequest) -> None:
    account = platform_account()
    if account is None:
        messages.error(request, "There is no platform account to test: set BANDWIDTH_ACCOUNT_ID.")
        return
    try:
        answer = provider_for("bandwidth", account).check_credentials()
    except ProviderError as error:
        messages.error(request, f"Bandwidth does not take the credentials. {error.detail}")
        return
    messages.success(request, answer)


urlpatterns = [path("settings/", system_site.admin_view(page), name="system_settings")]
