"""After a run the first key alone reads everything, whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection

from messaging.models import SmsConfiguration
from tenants import key_rotation
from tenants.accounts import SecondFactors
from tenants.encryption import decrypt, encrypt
from tenants.models import Tenant, User, WebhookEndpoint
from tests.conftest import TOTP_SECRET

OLD, NEW = "old-key", "new-key"
Inside = Callable[[Tenant], AbstractContextManager[None]]


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_encryption_keys", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def everything(
    settings: Any,
    request: pytest.FixtureRequest,
    acme: Tenant,
    globex: Tenant,
    inside: Inside,
    root: User,
) -> Callable[[], list[str]]:
    """Store secrets of two tenants by the old key; returns how to read them all."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    for name in ("acme_configuration", "globex_configuration"):
        request.getfixturevalue(name)
    sealed = SecondFactors().encrypt(TOTP_SECRET)
    Authenticator.objects.filter(user=root).update(data={"secret": sealed})
    Authenticator.objects.create(
        user=root, type="recovery_codes", data={"migrated_codes": [sealed], "used_mask": 0}
    )
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    def read() -> list[str]:
        told = []
        for tenant in (acme, globex):
            with inside(tenant):
                [row] = SmsConfiguration.objects.select_related("endpoint")
                told += [row.password, row.endpoint.callback_password, row.webhook_token]
        for factor in Authenticator.objects.order_by("type"):
            told += [decrypt(t) for t in (factor.data.get("migrated_codes") or [])]
            told += [decrypt(factor.data["secret"])] if "secret" in factor.data else []
        return told

    return read


def test_the_old_key_is_not_needed_any_more(
    everything: Callable[[], list[str]], settings: Any
) -> None:
    before = everything()
    assert len(before) == 8
    assert all(before)

    told = _run()

    assert "t_acme.messaging_smsconfiguration.password: 1 encrypted anew" in told
    assert told.splitlines()[-1] == "10 encrypted anew, 0 were already"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert everything() == before
    assert not [secret for secret in before if secret in told]
    assert _run().splitlines() == ["0 encrypted anew, 10 were already"]


def test_a_run_that_was_broken_off_is_gone_on_with(
    everything: Callable[[], list[str]], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write, written = everything(), key_rotation._write, []
    monkeypatch.setattr(key_rotation, "BATCH", 1)

    def breaking(column: Any, changes: Any) -> set[Any]:
        if len(written) == 4:
            raise KeyboardInterrupt
        written.append(column)
        return write(column, changes)

    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, "_write", breaking)
        with pytest.raises(KeyboardInterrupt):
            _run()
    assert everything() == before  # either key reads its part

    assert _run().splitlines()[-1] == "6 encrypted anew, 4 were already"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert everything() == before


def test_looking_changes_nothing_and_says_that_the_old_key_is_needed(
    everything: Callable[[], list[str]], settings: Any
) -> None:
    with pytest.raises(CommandError, match="10 values still need an older key"):
        _run("--check")
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    assert all(everything())


def test_what_is_saved_meanwhile_stays(
    everything: Callable[[], list[str]], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portal that still has only the old key saves between our reading and our writing."""
    read, saved = key_rotation._read, []

    def overtaken(column: Any, **which: Any) -> Any:
        rows = read(column, **which)
        if column.name == "callback_password" and not saved:
            settings.FIELD_ENCRYPTION_KEYS = [OLD]
            saved.append(WebhookEndpoint.objects.filter(pk=rows[0][0]).update(
                callback_password="newer"
            ))  # fmt: skip
            settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        return rows

    monkeypatch.setattr(key_rotation, "_read", overtaken)
    _run()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    passwords = WebhookEndpoint.objects.order_by("pk").values_list("callback_password", flat=True)
    assert list(passwords) == ["newer", "cb-Canary"]


def test_what_no_key_decrypts_is_named_and_left_alone(
    everything: Callable[[], list[str]], settings: Any, acme_configuration: SmsConfiguration
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["nobody's"]
    foreign = encrypt("lost")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE t_acme.messaging_smsconfiguration SET password = %s", [foreign])

    with pytest.raises(CommandError) as failure:
        _run()

    row = f"t_acme.messaging_smsconfiguration.password of row {acme_configuration.pk}"
    assert row in str(failure.value)
    assert "1 values cannot be decrypted" in str(failure.value)
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM t_acme.messaging_smsconfiguration")
        assert cursor.fetchall() == [(foreign,)]
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert all(secret for secret in everything()[1:])  # all others were done
