"""Writing a tenant's backup: all rows as of one moment, then the files."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from config.backup import public_rows
from config.backup.errors import BackupError
from config.backup.programs import run
from tenants.models import Tenant
from tenants.schema import tenant_connection
from tenants.schema_migration import applied_in

FORMAT = 1

Say = Callable[[str], None]


def make(tenant: Tenant, path: Path, *, say: Say) -> None:
    """Write the backup; the tenant may be at work meanwhile.

    Raises BackupError; then there is no file.
    """
    if tenant.state != Tenant.State.READY:
        raise BackupError("Only a tenant that is set up can be backed up.")
    tenant_connection.set_schema_to_public()
    unfinished = path.with_name(path.name + ".part")
    try:
        # It holds secrets: nobody else's to read.
        with (
            os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f,
            tarfile.open(fileobj=f, mode="w") as archive,
        ):
            _write(archive, tenant, path.parent, say)
        unfinished.replace(path)
    except OSError as error:
        raise BackupError(f"The backup was not written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def manifest(tenant: Tenant) -> dict[str, Any]:
    """Tell what the backup is of, and what a database must have to take it."""
    return {
        "format": FORMAT,
        "tenant": tenant.pk,
        "slug": tenant.slug,
        "schema": tenant.schema_name,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "migrations": sorted(map(list, applied_in(tenant.schema_name))),
        "content_types": content_types(),
    }


def content_types() -> dict[str, int]:
    """Name the keys by which the audit trail tells kinds of rows apart."""
    types = ContentType.objects.order_by("pk").values_list("app_label", "model", "pk")
    return {f"{app}.{model}": key for app, model, key in types}


def _write(archive: tarfile.TarFile, tenant: Tenant, beside: Path, say: Say) -> None:
    told = json.dumps(manifest(tenant), indent=1).encode()
    _add(archive, "manifest.json", len(told), BytesIO(told))
    with TemporaryDirectory(dir=beside) as folder:
        _write_rows(tenant, Path(folder))
        for part in sorted(Path(folder).iterdir()):
            archive.add(part, arcname=part.name, recursive=False)
    say("rows written")
    files = 0
    for name in files_below(tenant.schema_name):
        try:
            size = default_storage.size(name)
            with default_storage.open(name, "rb") as file:
                _add(archive, f"media/{name}", size, file)
        except FileNotFoundError:  # deleted since the rows were read
            say(f"left out, for it was deleted meanwhile: {name}")
        else:
            files += 1
    say(f"{files} files written")


def _write_rows(tenant: Tenant, folder: Path) -> None:
    # pg_dump reads the very moment that this transaction does.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [(moment,)] = cursor.fetchall()
        people = public_rows.people_of(tenant)
        for part in public_rows.PARTS:
            public_rows.write(part, tenant, people, folder / f"{part.table}.csv")
        run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--schema={tenant.schema_name}",
            f"--snapshot={moment}",
            f"--file={folder / 'schema.dump'}",
        )


def files_below(folder: str) -> Iterator[str]:
    """Yield the names of all files of a folder of the store."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for file in sorted(files):
        yield f"{folder}/{file}"
    for inner in sorted(folders):
        yield from files_below(f"{folder}/{inner}")


def _add(archive: tarfile.TarFile, name: str, size: int, file: Any) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(timezone.now().timestamp())
    archive.addfile(info, file)
