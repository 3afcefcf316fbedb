"""Aids of the screen tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.models import Tenant, Trunk, User


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
