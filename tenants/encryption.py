"""Credentials encrypted at rest."""

from __future__ import annotations

import base64
import hashlib
import logging
from functools import lru_cache
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

logger = logging.getLogger(__name__)

SEALED: Final = "gAAAA"  # how all that Fernet writes begins


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys]
    )


def encrypt(text: str) -> str:
    """Encrypt with the first key of FIELD_ENCRYPTION_KEYS; "" stays ""."""
    return (
        _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()
        if text
        else ""
    )


def decrypt(token: str) -> str:
    """Decrypt with whichever key fits; "" when none does, so that the page to repair it opens."""
    if not token:
        return ""
    try:
        return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken:
        logger.error("a stored credential cannot be decrypted: check FIELD_ENCRYPTION_KEYS")
        return ""


def is_sealed(text: str) -> bool:
    """Tell whether a column's value is what `encrypt` writes, not text from before."""
    return text.startswith(SEALED)


class NotDecryptable(ValueError):
    """No key of FIELD_ENCRYPTION_KEYS fits."""


def is_current(token: str) -> bool:
    """Tell whether it was encrypted with the first key."""
    try:
        _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS[:1])).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def renewed(token: str) -> str:
    """Encrypt anew with the first key what any of them decrypts; the time it was made stays.

    Raises NotDecryptable.
    """
    try:
        return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).rotate(token.encode()).decode()
    except InvalidToken:
        raise NotDecryptable from None


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs only
    """Text that is plain in Python and encrypted in the database. Cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value)


class SealedLaterField(EncryptedTextField):
    """The same where rows from before are plain until they are saved, or the keys rotated."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if value is not None and not is_sealed(value):
            return value
        return super().from_db_value(value, expression, connection)
