"""Deleting rows of the public schema that tenants' tables may refer to.

This package does not know those tables. PostgreSQL does: it is asked before the commit, where
the answer can still be told to the person.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, models, transaction


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


def check_references() -> None:
    """Have PostgreSQL judge now, not at the commit, whether something refers to what is gone.

    Raises IntegrityError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
