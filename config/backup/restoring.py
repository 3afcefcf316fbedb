"""Bringing a tenant back from its backup, as it was then."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, connection, transaction
from django_tenants.utils import quote_schema_name

from config.backup import public_rows
from config.backup.errors import BackupError
from config.backup.making import FORMAT, Say, content_types
from config.backup.programs import run
from messaging.retention.whole_tenant import delete_folder
from providers import door_news
from tenants.models import Tenant
from tenants.models.tenant import schema_name_for
from tenants.provisioning import one_of
from tenants.removal import drop_schema
from tenants.schema import tenant_connection
from tenants.schema_migration import applied_in, migrations_of_release

_ASIDE = "_before_restore"
_ROWS = {"manifest.json", "schema.dump", *(f"{part.table}.csv" for part in public_rows.PARTS)}


def restore(path: Path, *, say: Say) -> Tenant:
    """Bring the tenant of a backup back and leave it suspended; what it has by now is lost.

    It must be suspended or gone. Raises BackupError; then its rows are as they were.
    """
    tenant_connection.set_schema_to_public()
    try:
        with tarfile.open(path, mode="r:") as archive, TemporaryDirectory() as folder:
            for name in _ROWS:
                archive.extract(name, folder, filter="data")
            tenant = _restore_rows(Path(folder), say)
            _restore_files(archive, tenant.schema_name, say)
    except (OSError, KeyError, tarfile.TarError) as error:
        raise BackupError(f"The backup cannot be read, or a file not be stored: {error}") from error
    Tenant.objects.filter(pk=tenant.pk).update(state=Tenant.State.READY)
    door_news.tell(None)
    return tenant


def _restore_rows(folder: Path, say: Say) -> Tenant:
    told = json.loads((folder / "manifest.json").read_text())
    _check(told)
    schema_name = str(told["schema"])
    with one_of(schema_name) as is_ours:
        if not is_ours:
            raise BackupError("Somebody is making or removing this very tenant.")
        before = Tenant.objects.filter(pk=told["tenant"]).values("state").first()
        try:
            with transaction.atomic():
                for part in public_rows.PARTS:
                    public_rows.read(part, told["tenant"], folder / f"{part.table}.csv")
                # Closed until all is there, and nothing that a sweep would take up.
                Tenant.objects.filter(pk=told["tenant"]).update(
                    is_active=False, state=Tenant.State.FAILED
                )
        except (IntegrityError, DatabaseError) as error:
            raise BackupError(f"The rows do not fit into this database: {error}") from error
        say("rows of the public schema restored")
        _restore_schema(schema_name, folder / "schema.dump", told["tenant"], before)
    say("schema restored")
    tenant: Tenant = Tenant.objects.get(pk=told["tenant"])
    return tenant


def _check(told: dict[str, Any]) -> None:
    if told.get("format") != FORMAT or told.get("schema") != schema_name_for(str(told.get("slug"))):
        raise BackupError("This is not a backup of this program's making.")
    made_with = {(app, name) for app, name in told["migrations"]}
    if not made_with == migrations_of_release() == applied_in("public"):
        raise BackupError(
            "The backup is of another release. Restore it with that one, and update then."
        )
    kinds = content_types()
    if any(kinds.get(kind) != key for kind, key in told["content_types"].items()):
        raise BackupError("The backup is of another installation: it counts its kinds differently.")


def _restore_schema(
    schema_name: str, dump: Path, tenant: int, before: dict[str, Any] | None
) -> None:
    aside = schema_name[: 63 - len(_ASIDE)] + _ASIDE
    drop_schema(aside)  # of a restoration that was interrupted
    was_there = _rename(schema_name, aside)
    try:
        run(
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            str(dump),
        )
    except BackupError:
        if was_there:
            _rename(aside, schema_name)
            Tenant.objects.filter(pk=tenant).update(**(before or {}))
        raise
    drop_schema(aside)


def _rename(name: str, to: str) -> bool:
    old, new = quote_schema_name(name), quote_schema_name(to)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [old])
        [(is_there,)] = cursor.fetchall()
        if is_there:
            cursor.execute(f"ALTER SCHEMA {old} RENAME TO {new}")
    return bool(is_there)


def _restore_files(archive: tarfile.TarFile, schema_name: str, say: Say) -> None:
    delete_folder(schema_name)
    files = 0
    for member in archive:
        parts = PurePosixPath(member.name).parts
        if not member.isfile() or parts[:2] != ("media", schema_name) or ".." in parts:
            continue
        source = archive.extractfile(member)
        assert source is not None  # noqa: S101  # a file has content
        with source:
            default_storage.save("/".join(parts[1:]), File(source))
        files += 1
    say(f"{files} files restored")
