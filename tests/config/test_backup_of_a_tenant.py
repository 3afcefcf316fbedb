"""A tenant comes back from its backup as it was, row by row and file by file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from config.backup import programs, public_rows
from config.backup.errors import BackupError
from messaging.conversations import conversation_with
from messaging.models import Attachment, ConsentEntry, Contact, Message
from messaging.retention import whole_tenant
from providers.models import WebhookEvent
from tenants.models import (
    ApiKey,
    Invitation,
    Membership,
    PhoneNumber,
    Tenant,
    Trunk,
    UsageDay,
    User,
    WebhookEndpoint,
)
from tenants.provisioning import provision
from tenants.schema_catalog import describe
from tests.conftest import CUSTOMER, _configuration, line_of_101, member

_CAST = re.compile(r"::(character varying|text)(\[\])?|[()]")
FREE, OWN = "+19195550187", "+19195550188"


@pytest.fixture
def initech(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant that is committed, for PostgreSQL's own programs see nothing else."""
    with django_db_blocker.unblock(), disable_auditlog():
        known = LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        platform = Trunk.objects.create(name="Initech's platform")
        tenant = Tenant(name="Initech", slug="initech-kept")
        tenant.save()
        try:
            provision(tenant.schema_name)
            _furnish(tenant, platform)
            yield tenant
        finally:
            connection.rollback()
            Tenant.objects.filter(pk=tenant.pk).update(is_active=False, state="removing")
            whole_tenant.remove(tenant.schema_name)
            PhoneNumber.objects.filter(trunk=platform).delete()
            platform.delete()
            User.objects.filter(email__endswith="@initech.example").delete()
            LogEntry.objects.filter(pk__gt=known).delete()


def _furnish(tenant: Tenant, platform: Trunk) -> None:
    peter = member("peter@initech.example", tenant, "admin")
    Authenticator.objects.create(user=peter, type="totp", data={"secret": "x"})
    gone = User.objects.create_user("gone@initech.example")  # named by messages only
    own = Trunk.objects.create(name="Initech line", tenant=tenant)
    number = PhoneNumber.objects.create(number=OWN, trunk=own, tenant=tenant)
    PhoneNumber.objects.create(number=FREE, trunk=platform, tenant=tenant, is_main=True)
    line_of_101(tenant, number, _configuration(tenant, own))
    ApiKey.issue(peter, tenant=tenant, name="Booking")
    Invitation.objects.create(
        email="new@initech.example", tenant=tenant, token_hash=b"i" * 32,
        expires_at=timezone.now() + timedelta(days=7), invited_by=peter,
    )  # fmt: skip
    UsageDay.objects.create(tenant=tenant, day=date(2026, 1, 1), counted_at=timezone.now())
    WebhookEvent.objects.create(
        provider="bandwidth", dedupe_key=b"backup%10d" % 1, payload=b'\x00\xff"quoted"\r\n\\N',
        state="processed", tenant=tenant, endpoint=WebhookEndpoint.objects.get(tenant=tenant),
    )  # fmt: skip
    with tenant_context(tenant):
        now = timezone.now()
        Contact.objects.create(number=CUSTOMER, name='Dana "the\nBoss" 🦷', tags=["a,b", "c"])
        ConsentEntry.objects.create(at=now, number=CUSTOMER, action="opt_out", source="keyword")
        thread = conversation_with(OWN, [CUSTOMER], at=now)
        text = Message.objects.create(
            conversation=thread, direction="out", status="sent", sender=OWN, text="Hello",
            created_at=now, author=gone,
        )  # fmt: skip
        for name in ("one", "two"):
            attachment = Attachment(message=text, name=name, state="ready")
            attachment.file.save(name, ContentFile(name.encode() * 50_000), save=False)
            attachment.save()


def _files(tenant: Tenant, folder: Path) -> dict[str, bytes]:
    own = folder / tenant.schema_name
    return {str(f.relative_to(own)): f.read_bytes() for f in own.rglob("*") if f.is_file()}


def _rows(tenant: Tenant) -> dict[str, list[str]]:
    people = [u.pk for u in User.objects.filter(email__endswith="@initech.example")]
    found = {}
    with connection.cursor() as cursor:
        for part in public_rows.PARTS:
            mine = part.mine.format(tenant=tenant.pk, people=",".join(map(str, people)))
            cursor.execute(
                f"SELECT row_to_json(one)::text FROM {part.table} one WHERE {mine} ORDER BY id"  # noqa: S608
            )
            found[part.table] = [line for (line,) in cursor.fetchall()]
    return found


def _all_of(tenant: Tenant, folder: Path) -> tuple[Any, ...]:
    rows = _rows(tenant)
    state = rows.pop("tenants_tenant")
    told = json.loads(state[0]) | {"is_active": None}
    # PostgreSQL, which wrote the statements down, reads its own casts into others of one meaning.
    schema = [_CAST.sub("", line) for line in describe(tenant.schema_name)]
    return schema, rows, told, _files(tenant, folder)


def _quietly(command: str, *arguments: Any) -> None:
    call_command(command, *arguments, stdout=_Silent(), stderr=_Silent())


class _Silent:
    def write(self, text: str, *args: Any, **kwargs: Any) -> None: ...


def _suspend(tenant: Tenant, **columns: Any) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False, **columns)


def test_a_tenant_comes_back_as_it_was(initech: Tenant, tmp_path: Path, media_folder: Path) -> None:
    before = _all_of(initech, media_folder)
    assert all(rows for table, rows in before[1].items() if table not in _EMPTY)
    backup = tmp_path / "initech.tar"
    _quietly("backup_tenant", initech.slug, backup)
    assert [f.name for f in tmp_path.iterdir()] == ["initech.tar"]
    assert backup.stat().st_mode & 0o077 == 0

    # Open: nobody's work of today is thrown away by a slip.
    with pytest.raises(CommandError, match="is open"):
        _quietly("restore_tenant", backup)

    # Damaged by somebody who meant well.
    _suspend(initech, name="Oops", keep_messages_days=7)
    with tenant_context(initech):
        for attachment in Attachment.objects.all():
            attachment.file.delete()
        Contact.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE messaging_note CASCADE; CREATE TABLE junk (id int)")
    default_storage.save(f"{initech.schema_name}/junk", ContentFile(b"junk"))
    member("junk@initech.example", initech, "admin")
    _quietly("restore_tenant", backup)
    Membership.objects.filter(user__email="junk@initech.example").delete()
    User.objects.filter(email="junk@initech.example").delete()
    assert _all_of(initech, media_folder) == before

    # Gone altogether, with its people.
    _suspend(initech, state="removing")
    whole_tenant.remove(initech.schema_name)
    User.objects.get(email="gone@initech.example").delete()
    assert _rows(initech)["tenants_user"] == []
    _quietly("restore_tenant", backup)
    assert _all_of(initech, media_folder) == before
    assert not Tenant.objects.get(pk=initech.pk).is_active
    assert PhoneNumber.objects.get(number=FREE).tenant == initech


_EMPTY = {"tenants_domain", "account_emailaddress", "tenants_accessentry"}


def test_what_does_not_fit_changes_nothing(
    initech: Tenant, tmp_path: Path, media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "initech.tar"
    _quietly("backup_tenant", initech.slug, backup)
    _suspend(initech)
    before = _all_of(initech, media_folder)
    acme = Tenant.objects.get(slug="acme")
    number = PhoneNumber.objects.filter(number=FREE)

    number.update(tenant=acme, is_main=False)
    with pytest.raises(CommandError, match=r"another tenant by now.*\+19195550187"):
        _quietly("restore_tenant", backup)
    number.update(tenant=initech, is_main=True)

    User.objects.filter(email="gone@initech.example").update(email="else@initech.example")
    with pytest.raises(CommandError, match=r"another account here.*gone@initech\.example"):
        _quietly("restore_tenant", backup)
    User.objects.filter(email="else@initech.example").update(email="gone@initech.example")

    monkeypatch.setattr("config.backup.restoring.migrations_of_release", frozenset)
    with pytest.raises(CommandError, match="another release"):
        _quietly("restore_tenant", backup)
    monkeypatch.undo()

    def broken(*args: Any) -> None:
        raise BackupError("pg_restore failed: disk full")

    monkeypatch.setattr("config.backup.restoring.run", broken)
    with pytest.raises(CommandError, match="disk full"):
        _quietly("restore_tenant", backup)
    (tmp_path / "half.tar").write_bytes(backup.read_bytes()[:700])
    with pytest.raises(CommandError, match="cannot be read"):
        _quietly("restore_tenant", tmp_path / "half.tar")

    assert _all_of(initech, media_folder) == before


def test_a_program_of_an_older_version_is_not_used(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_major", lambda path: 9)
    with pytest.raises(BackupError, match="apt-get install postgresql-client-"):
        programs.run("pg_dump")
    with pytest.raises(CommandError, match="no tenant 'nobody'"):
        _quietly("backup_tenant", "nobody", "x.tar")
