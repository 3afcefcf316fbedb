"""What every test may rely on: two tenants that exist always, and one person of each role.

Acme and Globex are made once per run; each test works inside a transaction that is rolled back.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from auditlog.context import disable_auditlog
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test import Client, override_settings
from django.test.utils import setup_databases, teardown_databases
from django.utils.crypto import get_random_string
from django_tenants.utils import tenant_context

from config.celery import app as celery_app
from messaging.models import Extension, MessageSetting, SmsConfiguration
from messaging.pacing import buckets
from tenants.endpoints import token_hash
from tenants.models import (
    ApiKey,
    Membership,
    PhoneNumber,
    Tenant,
    Trunk,
    User,
    WebhookEndpoint,
)
from tenants.provisioning import provision
from tests.browser.product import CHROMIUM

# Tasks are published for real, to a queue in this process that nobody drains: a test runs the
# flows itself.
celery_app.conf.broker_url = "memory://"

PASSWORD = "correct horse battery 9"
SIGN_IN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
ACME_NUMBER = "+19195550101"
GLOBEX_NUMBER = "+13125550201"
CUSTOMER = "+15125550300"
APPLICATION_ID = "93de2206-9669-4e07-948d-329f4b722ee2"


# One test of theirs takes as long as hundreds of others: last, it would keep a worker waiting.
LONGEST = {
    "test_collected_files.py",
    "test_embedded_servers.py",
    "test_pages_are_cheap.py",
    "test_receipts_in_any_order.py",
    "test_template.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests; skip what needs a browser where there is none."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    for item in items:
        if item.get_closest_marker("browser"):
            # All on one worker: the product is started once, and not beside itself.
            item.add_marker(pytest.mark.xdist_group("browser"))
    if CHROMIUM.exists():
        return
    reason = "needs Chromium: apt-get install chromium"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the run: a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: Any) -> Any:
    """Leave no audit entries of what a fixture furnishes, which take a tenth of all time.

    Tests of the trail itself are marked `audited`.
    """
    if request.node.get_closest_marker("audited"):
        return (yield)
    with disable_auditlog():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Fail a run that may skip nothing (CI_NO_SKIP) when something was skipped."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("CI_NO_SKIP"):
        terminalreporter.write_line(f"{len(skipped)} skipped, and CI_NO_SKIP allows none", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: Any
) -> Iterator[None]:
    with django_db_blocker.unblock():
        # pytest-django makes none where no chosen test is marked for it, and those that commit by
        # themselves would meet the developer's own.
        made = not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX)
        names = setup_databases(0, interactive=False, keepdb=django_db_keepdb) if made else []
        for slug, name in (("acme", "Acme Dental Group"), ("globex", "Globex Plumbing")):
            if not Tenant.objects.filter(slug=slug).exists():
                Tenant(slug=slug, name=name).save()
                provision(f"t_{slug}")
        connection.set_schema_to_public()
    yield
    if made and not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(names, verbosity=0)


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this process keeps pictures and exports; empty when a test begins."""
    return tmp_path_factory.mktemp("media")


def _own_database(url: str) -> str:
    """Keep the keys of tests that run beside each other apart."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={worker + 1}"
    return urlsplit(url)._replace(path=f"/{worker + 1}", query="").geturl()


@pytest.fixture(scope="session")
def _surroundings(django_test_environment: None, media_folder: Path) -> Iterator[None]:
    # Once per run: each test that changed a setting anew would have Django forget its storages,
    # caches and hashers, and look every other setting up through all changes.
    with override_settings(
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MEDIA_ROOT=str(media_folder),
        STORAGES={
            **settings.STORAGES,
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(media_folder)},
            },
        },
        # Or each new client reads the list of all static files first, which takes longer than
        # its page.
        WHITENOISE_AUTOREFRESH=True,
        # Whatever a developer's .env says.
        PUBLIC_URL="http://127.0.0.1:8000",
        REDIS_URL=_own_database(settings.REDIS_URL),
        PROVIDER_OPTIONS={"bandwidth": {}},
        REQUIRE_SYSTEM_ADMIN_MFA=True,
        BANDWIDTH_ACCOUNT_ID="",
        BANDWIDTH_CLIENT_ID="",
        BANDWIDTH_WEBHOOK_USERNAME="",
        BANDWIDTH_WEBHOOK_PASSWORD="",
        BANDWIDTH_SEGMENTS_PER_SECOND=1.0,
        VAPID_PRIVATE_KEY="",
        # In the test's own thread, which holds the test's transaction.
        WEBHOOK_DEADLINE=None,
    ):
        yield


@pytest.fixture(autouse=True)
def _fresh_surroundings(_surroundings: None, media_folder: Path) -> Iterator[None]:
    # What one test sends takes nothing of the next one's limits.
    buckets.PREFIX = f"pacing:{uuid4().hex}:"
    yield
    cache.clear()
    connection.set_schema_to_public()
    for left in media_folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


@pytest.fixture
def acme(db: None) -> Tenant:
    return Tenant.objects.get(slug="acme")


@pytest.fixture
def globex(db: None) -> Tenant:
    return Tenant.objects.get(slug="globex")


@pytest.fixture
def inside() -> Callable[[Tenant], AbstractContextManager[None]]:
    """Enter a tenant's schema: `with inside(acme): ...`."""
    return tenant_context


def system_admin() -> User:
    """Make a system admin, with the second factor that system admins must have."""
    user = User.objects.create_user("root@example.com", PASSWORD, is_system_admin=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": TOTP_SECRET})
    return user


@pytest.fixture
def root(db: None) -> User:
    """System admin."""
    return system_admin()


def member(email: str, tenant: Tenant, role: str, extension: str = "") -> User:
    """Make a person of one tenant."""
    user = User.objects.create_user(email, PASSWORD)
    Membership.objects.create(user=user, tenant=tenant, role=role, extension=extension)
    return user


@pytest.fixture
def alice(acme: Tenant) -> User:
    """Tenant admin of Acme."""
    return member("alice@acme.example", acme, "admin")


@pytest.fixture
def bob(acme: Tenant) -> User:
    """Extension user of Acme, extension 101."""
    return member("bob@acme.example", acme, "extension", "101")


@pytest.fixture
def gina(globex: Tenant) -> User:
    """Tenant admin of Globex, an outsider to Acme."""
    return member("gina@globex.example", globex, "admin")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """Browser of a signed-in person, with CSRF checks switched on."""

    def sign_in(user: User) -> Client:
        # One statement instead of force_login's sixteen: every third test begins with it.
        store, key = SessionStore(), get_random_string(32)
        known = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: SIGN_IN_BACKEND,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        Session.objects.create(
            session_key=key,
            session_data=store.encode(known),
            expire_date=store.get_expiry_date(),
        )
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return client

    return sign_in


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Callable[..., Client]:
    """HTTP client that carries a fresh API key of the person."""
    is_audited = request.node.get_closest_marker("audited")

    def with_key(user: User, tenant: Tenant | None = None) -> Client:
        with nullcontext() if is_audited else disable_auditlog():
            _, secret = ApiKey.issue(user, tenant=tenant)
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return with_key


@pytest.fixture
def trunk(db: None) -> Trunk:
    """The platform's Bandwidth trunk."""
    return Trunk.objects.create(name="Bandwidth", provider="bandwidth", hostname="sip.example.com")


@pytest.fixture
def acme_number(acme: Tenant, trunk: Trunk) -> PhoneNumber:
    return PhoneNumber.objects.create(number=ACME_NUMBER, trunk=trunk, tenant=acme)


@pytest.fixture
def globex_number(globex: Tenant, trunk: Trunk) -> PhoneNumber:
    return PhoneNumber.objects.create(number=GLOBEX_NUMBER, trunk=trunk, tenant=globex)


def _configuration(tenant: Tenant, trunk: Trunk, **fields: Any) -> SmsConfiguration:
    """Make a tenant's account, callbacks by bw / cb-Canary."""
    values = {
        "name": "Main",
        "trunk": trunk,
        "account_id": "9900001",
        "application_id": APPLICATION_ID,
        "auth_method": "basic",
        "username": "user",
        "password": "s3cret-Canary",
        **fields,
    }
    token = token_urlsafe(24)
    # Two statements instead of create_configuration's ten: half of all tests begin with it.
    endpoint = WebhookEndpoint.objects.create(
        tenant=tenant, trunk=trunk, token_hash=token_hash(token),
        callback_username="bw", callback_password="cb-Canary",
    )  # fmt: skip
    with tenant_context(tenant):
        return SmsConfiguration.objects.create(endpoint=endpoint, webhook_token=token, **values)


@pytest.fixture
def acme_configuration(acme: Tenant, trunk: Trunk) -> SmsConfiguration:
    """Acme's account 9900001 on the platform's trunk, callbacks by bw / cb-Canary."""
    return _configuration(acme, trunk)


@pytest.fixture
def globex_configuration(globex: Tenant, trunk: Trunk) -> SmsConfiguration:
    return _configuration(globex, trunk, account_id="9900002", auth_method="oauth2")


def line_of_101(
    tenant: Tenant, number: PhoneNumber, configuration: SmsConfiguration
) -> MessageSetting:
    """Give a number to a new extension 101."""
    with tenant_context(tenant):
        extension = Extension.objects.create(number="101", name="Ann", email="ann@acme.example")
        return MessageSetting.objects.create(
            phone_number=number, provider=configuration, extension=extension
        )


@pytest.fixture
def acme_line(
    acme: Tenant, acme_number: PhoneNumber, acme_configuration: SmsConfiguration
) -> MessageSetting:
    """Acme's number, on its own configuration, for extension 101."""
    return line_of_101(acme, acme_number, acme_configuration)


@pytest.fixture
def globex_line(
    globex: Tenant, globex_number: PhoneNumber, globex_configuration: SmsConfiguration
) -> MessageSetting:
    """Globex's number, on its own configuration, for nobody's extension."""
    with tenant_context(globex):
        return MessageSetting.objects.create(
            phone_number=globex_number, provider=globex_configuration
        )
