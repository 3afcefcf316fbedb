"""The end of a tenant: everything it had goes, file by file and row by row."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files.storage import default_storage

from providers.retention import forget_all_of
from tenants import removal
from tenants.models import Tenant
from tenants.provisioning import one_at_a_time, one_of

logger = logging.getLogger(__name__)


def remove(schema_name: str) -> None:
    """Remove a tenant that is to go; safe to repeat and to run twice at once.

    The row of the tenant goes last: as long as it is there, the sweep asks for the rest.
    """
    with _going(schema_name) as tenant:
        if tenant is None:
            return
        with one_at_a_time():
            removal.drop_schema(schema_name)
        doors = removal.doors_of(tenant)
        last = forget_all_of(tenant.pk, doors)
        removal.shut_doors(tenant)
        forget_all_of(tenant.pk, doors, after=last)  # what came in meanwhile
        delete_folder(schema_name)
    removal.remove_people(tenant)
    with _going(schema_name) as tenant:
        if tenant is None:
            return
        removal.remove_rows(tenant)
    logger.info("a tenant was removed", extra={"schema": schema_name})


@contextmanager
def _going(schema_name: str) -> Iterator[Tenant | None]:
    """Give the tenant if it is to go and nobody else is at it, and keep it so."""
    with one_of(schema_name) as is_ours:
        going = Tenant.objects.filter(state=Tenant.State.REMOVING, schema_name=schema_name)
        yield going.first() if is_ours else None


def delete_folder(name: str) -> None:
    """Delete a folder of the file store with all that is in it.

    Raises OSError.
    """
    try:
        folders, files = default_storage.listdir(name)
    except FileNotFoundError:
        return
    for file in files:
        default_storage.delete(f"{name}/{file}")
    for folder in folders:
        delete_folder(f"{name}/{folder}")
    default_storage.delete(name)
