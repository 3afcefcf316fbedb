"""Describe our own Valkey: everything kept in an append-only file, reached through a socket."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import redis

from config.embedded.binaries import valkey_binary
from config.embedded.process import Process
from config.local import redis_url, valkey_socket

_SETTINGS: Final = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",  # the broker's queues live here
    "set-proc-title": "no",  # the next run recognises a left-over by its arguments
}


def valkey_process(data: Path) -> Process:
    """Return the Valkey of a data folder; SIGTERM is its SHUTDOWN, with a last fsync."""
    home = data / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    settings = {**_SETTINGS, "dir": str(home), "unixsocket": str(valkey_socket(data))}
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    client = redis.Redis.from_url(redis_url(data), socket_timeout=2)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    return Process(name="valkey", argv=[str(valkey_binary()), *options], ready=answers)
