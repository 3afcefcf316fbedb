"""The limits' state in Valkey, changed by scripts that run there: one round trip a permit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import SystemRandom
from typing import Any

import redis
from django.conf import settings

from messaging.pacing.limits import Demand

PREFIX = "pacing:"
_KEPT = 7200
AWAY = (redis.RedisError, OSError)

_random = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`wait` seconds until the message may ask again, None = go; `behind` is who goes first."""

    wait: float | None = None
    behind: str = ""


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True
    )


def server() -> redis.Redis:
    """Return the connection pool of this process."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def script(name: str) -> Any:
    """Return a script that is sent by its hash, and whole when the server forgot it."""
    source = Path(__file__).with_name(f"{name}.lua").read_text(encoding="utf-8")
    return redis.commands.core.Script(redis.Redis(), source)


def key(kind: str, name: str = "") -> str:
    """Name a key of the limits."""
    return f"{PREFIX}{kind}:{name}" if name else f"{PREFIX}{kind}"


def stand_in_line(line: str, message_id: str, *, moment: float) -> None:
    """Keep a message's place before later texts of its conversation.

    Raises what AWAY lists.
    """
    name = key("waiting", line)
    with server().pipeline(transaction=False) as pipe:
        pipe.zadd(name, {message_id: moment})
        pipe.expire(name, _KEPT)
        pipe.execute()


def ask(demand: Demand, *, now: float, forget: str = "") -> Answer:
    """Ask for a permit; `forget` is a message that stands in the way and is gone.

    Raises what AWAY lists.
    """
    return ask_all([demand], now=now, forget=forget)[0]


def ask_all(demands: Sequence[Demand], *, now: float, forget: str = "") -> list[Answer]:
    """Ask for a permit for each, in one round trip.

    Raises what AWAY lists.
    """
    permit = script("permit")
    calls = [_call(demand, now=now, forget=forget) for demand in demands]

    def ask_server() -> list[Any]:
        with server().pipeline(transaction=False) as pipe:
            for keys, args in calls:
                pipe.evalsha(permit.sha, len(keys), *keys, *args)
            replies: list[Any] = pipe.execute()
            return replies

    try:
        replies = ask_server()
    except redis.exceptions.NoScriptError:  # then none of them was run
        server().script_load(permit.script)
        replies = ask_server()
    return [_answer(reply) for reply in replies]


def _call(demand: Demand, *, now: float, forget: str) -> tuple[list[str], list[Any]]:
    account = demand.account.name
    return (
        [
            key("account", account),
            key("number", demand.number.name),
            key("slow:account", account),
            key("slow:number", demand.campaign),
            key("slow:brand", demand.brand),
            key("waiting", demand.conversation),
            key("tenants", account),
            key("active", account),
            key("wanting", account),
            key("counts"),
        ],
        [
            now,
            demand.segments,
            int(demand.is_bulk),
            demand.tenant,
            demand.account.rate,
            demand.account.burst,
            demand.number.rate,
            demand.number.burst,
            demand.message_id,
            demand.moment,
            forget,
            _random.random(),
        ],
    )


def _answer(reply: Any) -> Answer:
    match reply:
        case ["go"]:
            return Answer()
        case ["behind", first]:
            return Answer(behind=first)
        case [_, wait]:
            return Answer(wait=float(wait))
    raise redis.ResponseError("not an answer of the script")
