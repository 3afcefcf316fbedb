"""Aids of the screen tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from messaging.configurations import create_configuration
from messaging.models import SmsConfiguration
from tenants.models import Tenant, Trunk, User
from tests.conftest import APPLICATION_ID


@pytest.fixture
def admin(alice: User, signed_in: Callable[[User], Client]) -> Client:
    """Acme's admin at the browser."""
    return signed_in(alice)


@pytest.fixture
def own_trunk(acme: Tenant) -> Trunk:
    """A trunk of Acme's own."""
    return Trunk.objects.create(name="Own line", provider="bandwidth", tenant=acme)


@pytest.fixture
def foreign_trunk(globex: Tenant) -> Trunk:
    """A trunk of Globex's own."""
    return Trunk.objects.create(name="Globex line", provider="bandwidth", tenant=globex)


@pytest.fixture
def errors() -> Callable[[Any], dict[str, list[str]]]:
    """Read the field errors of a page that was shown again."""

    def of(response: Any) -> dict[str, list[str]]:
        assert response.status_code == 200, response.status_code
        form = response.context["adminform"].form
        return {name: [str(e) for e in texts] for name, texts in form.errors.items()}

    return of


@pytest.fixture
def look(admin: Client) -> Callable[..., Any]:
    """Upload a file to a list's import page: `look("contact", "Phone number,Name\\n…")`."""

    def upload(model: str, data: str | bytes, browser: Client = admin) -> Any:
        body = data.encode() if isinstance(data, str) else data
        file = SimpleUploadedFile("list.csv", body, content_type="text/csv")
        return browser.post(f"/t/acme/messaging/{model}/import/", {"file": file})

    return upload


@pytest.fixture
def bring(admin: Client, look: Callable[..., Any]) -> Callable[..., Any]:
    """Upload a file and agree to what it would do."""

    def agree(model: str, data: str | bytes) -> Any:
        page = look(model, data)
        assert page.status_code == 200
        assert not page.context["outcome"].problems, [
            str(p) for p in page.context["outcome"].problems
        ]
        return admin.post(
            f"/t/acme/messaging/{model}/import/", {"waiting": page.context["waiting"]}
        )

    return agree


@pytest.fixture
def own_account(acme: Tenant, own_trunk: Trunk, inside: Any) -> SmsConfiguration:
    """Acme's account on Acme's own trunk."""
    with inside(acme):
        return create_configuration(
            acme,
            SmsConfiguration(
                name="Own",
                trunk=own_trunk,
                account_id="9900009",
                application_id=APPLICATION_ID,
                auth_method="basic",
                username="u",
                password="p",
            ),
        )
