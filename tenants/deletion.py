"""Deleting rows of the public schema that tenants' tables may refer to.

This package does not know those tables. PostgreSQL does: it is asked before the commit, where
the answer can still be told to the person. Of accounts it does not know either, for what names one
has no foreign key; the tables are asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django_tenants.utils import quote_schema_name

from tenants.models import Tenant, User

# Of each tenant a dozen tables are locked for the moment, with their indexes.
_AT_ONCE = 25


class InUse(Exception):
    """Something still refers to the row: nothing was changed."""


class _Undo(Exception):
    """Takes back the trial."""


def delete_unused(row: models.Model) -> None:
    """Delete the row.

    Raises InUse.
    """
    key = row.pk
    try:
        with transaction.atomic():
            row.delete()
            check_references()
    except IntegrityError as error:
        row.pk = key  # delete() forgot it, the page about the refusal needs it
        raise InUse from error


def is_in_use(row: models.Model) -> bool:
    """Tell whether anything refers to the row, by deleting it and taking that back."""
    key = row.pk
    try:
        with transaction.atomic():
            row.delete()
            check_references()
            raise _Undo
    except _Undo:
        return False
    except IntegrityError:
        return True
    finally:
        row.pk = key


def are_in_use(rows: models.QuerySet[Any]) -> bool:
    """Tell whether anything refers to one of the rows at least, in the same way."""
    try:
        with transaction.atomic():
            # Nothing is going to be deleted, so nobody (the audit) is to be told of each row.
            rows._raw_delete(rows.db)
            check_references()
            raise _Undo
    except _Undo:
        return False
    except IntegrityError:
        return True


def named_people(keys: Sequence[int]) -> set[int]:
    """Return which of these accounts some tenant's rows name.

    Reads whole tables, once for all of the keys: it is for people who are switched off already, so
    that nothing new names them. Outside a transaction nothing stays locked between the tenants, and
    the connection is another afterwards.
    """
    found: set[int] = set()
    names = Tenant.objects.exclude(state=Tenant.State.PROVISIONING).order_by("pk")
    schemas = iter(list(names.values_list("schema_name", flat=True)))
    while some := list(islice(schemas, _AT_ONCE)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [some])
            there = [quote_schema_name(name) for (name,) in cursor.fetchall()]
            asked = [
                f"SELECT DISTINCT {column} FROM {schema}.{table} WHERE {column} = ANY(%(keys)s)"  # noqa: S608  # our own tables
                for schema in there
                for table, column in columns_naming_people()
            ]
            if asked:
                cursor.execute(" UNION ".join(asked), {"keys": list(keys)})
                found.update(key for (key,) in cursor.fetchall())
        if not connection.in_atomic_block:
            # What PostgreSQL learns of each tenant's tables it keeps as long as the connection.
            connection.close()
    return found


def columns_naming_people() -> Iterator[tuple[str, str]]:
    """Yield table and column of all that may name an account in a tenant's schema."""
    owners = (apps.get_containing_app_config(f"{name}.x") for name in settings.TENANT_APPS)
    labels = {owner.label for owner in owners if owner is not None}
    for model in apps.get_models():
        if model._meta.app_label not in labels or model._meta.proxy:
            continue
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                yield model._meta.db_table, field.column


def check_references() -> None:
    """Have PostgreSQL judge now, not at the commit, whether something refers to what is gone.

    Raises IntegrityError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
