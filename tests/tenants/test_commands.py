"""Commands that set a platform up."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from messaging import demo
from messaging.models import Extension, MessageSetting
from tenants.models import ApiKey, Membership, PhoneNumber, User
from tests.conftest import PASSWORD


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_system_admin_is_made_and_given_another_password(db) -> None:
    for password in (PASSWORD, "another horse 77"):
        _run("create_system_admin", "--email", "Root@example.com", "--password", password)
    user = User.objects.get(email="root@example.com")
    assert user.is_system_admin
    assert user.check_password("another horse 77")


def test_the_last_line_is_the_key_alone(alice, acme) -> None:
    secret = _run("create_api_key", "--email", alice.email, "--tenant", "acme").splitlines()[-1]
    key = ApiKey.find(secret)
    assert key is not None
    assert (key.user, key.tenant) == (alice, acme)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_api_key", "--email", "nobody@example.com"),
        ("create_api_key", "--email", "alice@acme.example", "--tenant", "nowhere"),
        ("create_system_admin", "--email", "no address", "--password", "x"),
    ],
)
def test_a_command_says_what_is_wrong(arguments, alice) -> None:
    with pytest.raises(CommandError):
        _run(*arguments)


def test_the_demo_is_seeded_once(db, acme, globex, inside) -> None:
    first = _run("seed_demo")
    assert demo.PASSWORD in first
    with inside(acme):
        MessageSetting.objects.all().update(description="Mine")
    assert _run("seed_demo") == first
    roles = Membership.objects.values_list("user__email", "tenant__slug", "role", "extension")
    assert set(roles) == {
        ("admin@acme.example", "acme", "admin", ""),
        ("ann@acme.example", "acme", "extension", "101"),
        ("bea@acme.example", "acme", "extension", "102"),
        ("admin@globex.example", "globex", "admin", ""),
        ("gil@globex.example", "globex", "extension", "201"),
    }
    assert User.objects.get(email=demo.SYSTEM_ADMIN).is_system_admin
    numbers = PhoneNumber.objects.values_list("number", "tenant__slug", "is_main")
    assert set(numbers) == {
        ("+19195550101", "acme", True),
        ("+19195550102", "acme", False),
        ("+19195550103", "acme", False),
        ("+13125550201", "globex", True),
    }
    with inside(acme):
        assert set(Extension.objects.values_list("number", flat=True)) == {"101", "102"}
        assert set(MessageSetting.objects.values_list("description", flat=True)) == {"Mine"}


def test_the_stand_in_learns_the_demos_accounts(db, acme, globex) -> None:
    _run("seed_demo")
    first, second = demo.simulator_accounts()
    assert (first["account_id"], second["account_id"]) == ("9900001", "9900002")
    assert first["client_id"]
    assert first["client_secret"]
    assert not first["username"]
    assert second["username"]
    assert second["password"]
    assert not second["client_id"]
    assert first["numbers"] == ["+19195550101", "+19195550102", "+19195550103"]
    assert "/webhook/bandwidth/sms/" in first["webhook_url"]
    assert first["webhook_username"]
    assert first["webhook_password"]
    assert first["webhook_url"] != second["webhook_url"]


def test_the_stand_in_learns_nothing_where_there_is_no_demo(db) -> None:
    assert demo.simulator_accounts() == []
