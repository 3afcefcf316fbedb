"""Who may listen to which hints, and where they are published; without a model.

The events process reads this and nothing else of the package: the tables and the admin sites would
cost it three times its memory.
"""

from __future__ import annotations

import time
from functools import lru_cache

import redis
from django.conf import settings
from django.core import signing

# Who hears no more from a moment on, as JSON [schema name, user id]: "" = any schema, 0 = anybody.
# Told at once, and kept with the moment for whoever was not listening, as long as tokens hold.
ENDINGS = "ended"  # a channel beside those named by a schema, t_…
ENDINGS_KEY = "trunkline:hints-ended"
TOKEN_SALT = "trunkline.events"  # noqa: S105  # a namespace, no secret
# A page asks for its next address as usual.
TOKEN_MAX_AGE = 60 * 60


def channel(name: str) -> str:
    """Name the channel of a tenant's hints, by its schema's name, or that of all: `*`.

    Valkey's databases share their channels, and installations may share a Valkey.
    """
    return f"trunkline:{_database(settings.REDIS_URL)}:hints:{name}"


@lru_cache(maxsize=4)
def _database(url: str) -> int:
    return int(redis.connection.parse_url(url).get("db", 0))  # type: ignore[no-untyped-call]


def token(schema_name: str, user_id: int, extension: str | None) -> str:
    """Sign who listens to what: None hears the whole tenant, an extension only its own."""
    return signing.dumps([schema_name, user_id, extension], salt=TOKEN_SALT, compress=True)


def read_token(text: str) -> tuple[str, int, str | None]:
    """Return (schema name, user id, extension) of a token.

    Raises signing.BadSignature when it is forged or older than an hour.
    """
    schema_name, user_id, extension = signing.loads(text, salt=TOKEN_SALT, max_age=TOKEN_MAX_AGE)
    return str(schema_name), int(user_id), extension


def signed_at(text: str) -> int:
    """Tell in which second a token that was read was signed."""
    return signing.b62_decode(text.rsplit(":", 2)[1])


def seconds_left(text: str) -> float:
    """Tell for how long a token that was read still holds."""
    return signed_at(text) + TOKEN_MAX_AGE - time.time()
