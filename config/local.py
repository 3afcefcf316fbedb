"""Say where this machine's own PostgreSQL, Valkey and secrets live, without starting anything.

Every address follows from DATA_DIR alone, so that a command run beside a running `manage.py up`
reaches the same servers. The servers listen on UNIX sockets only: no port to collide with, nothing
to reach from outside.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Final

DATABASE_NAME: Final = "trunkline"
DATABASE_USER: Final = "trunkline"
POSTGRES_PORT: Final = "5432"

REPOSITORY: Final = Path(__file__).resolve().parent.parent
# The kernel takes 107 bytes for a socket's path; PostgreSQL and Valkey add their own file names.
_LONGEST_RUN_DIR: Final = 80
# Spaces, commas, quotes and percent signs each mean something in some URL, list or conninfo.
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9/._+-]+")


def is_on(text: str) -> bool:
    """Read a switch that guards something: unset or misspelt, it is on."""
    return text.strip().lower() not in ("0", "false", "no", "off")


def data_dir() -> Path:
    """Return the absolute folder of all local data: DATA_DIR, or `.data` in the repository."""
    return Path(os.environ.get("DATA_DIR") or REPOSITORY / ".data").expanduser().resolve()


def run_dir(data: Path) -> Path:
    """Return the folder of the sockets; a short one in /tmp when `data` cannot hold them."""
    inside = data / "run"
    if len(os.fsencode(inside)) <= _LONGEST_RUN_DIR and _PLAIN_PATH.fullmatch(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(f"/tmp/trunkline-{os.geteuid()}-{digest}")  # noqa: S108  # owner checked at start


def postgres_socket_dir(data: Path) -> Path:
    """Return the folder of PostgreSQL's socket: its own, as root PostgreSQL is another user."""
    return run_dir(data) / "pg"


def valkey_socket(data: Path) -> Path:
    """Return the path of Valkey's socket."""
    return run_dir(data) / "valkey.sock"


def database_config(data: Path) -> dict[str, str]:
    """Return Django's connection settings; no password, PostgreSQL asks the kernel who calls."""
    return {
        "NAME": DATABASE_NAME,
        "USER": DATABASE_USER,
        "PASSWORD": "",
        "HOST": str(postgres_socket_dir(data)),
        "PORT": POSTGRES_PORT,
    }


def redis_url(data: Path, *, db: int = 0) -> str:
    """Return the URL that redis-py and Django's cache take."""
    return f"unix://{valkey_socket(data)}?db={db}"


def broker_url(data: Path, *, db: int = 0) -> str:
    """Return the same server as Celery spells it."""
    return f"redis+socket://{valkey_socket(data)}?virtual_host={db}"


def broker_options(url: str) -> dict[str, object]:
    """Return what Celery's transport is told, by the kind of broker the URL names."""
    # Who publishes tries once: kombu would sleep for two seconds in between, at each task, and a
    # run that stored fifty texts rings for many.
    once = {"max_retries": 0}
    if is_rabbitmq(url):
        # Unconfirmed, a task written to a connection that is dead already is lost without a word.
        return {**once, "confirm_publish": True, "read_timeout": 5, "write_timeout": 5}
    return {
        **once,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "visibility_timeout": 600,
        # A worker that lost its Valkey without a word finds out after twice as long.
        "health_check_interval": 5,
    }


def is_rabbitmq(url: str) -> bool:
    """Tell whether the broker speaks AMQP, or else is a Valkey."""
    return url.partition(":")[0] in ("amqp", "amqps", "pyamqp")


def local_secret(data: Path, name: str, *, length: int = 32) -> str:
    """Return the secret kept as `name`, made at first use: `length` random bytes in base64.

    With the default length it is a valid Fernet key.
    """
    folder = data / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    with open(os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _write_whole(path, base64.urlsafe_b64encode(os.urandom(length)))
    return path.read_text(encoding="ascii").strip()


def push_contact(named: str, *, public_url: str, mail_from: str) -> str:
    """Return whom push services may write to, as the URL that they ask for."""
    contact = named.strip() or (public_url if public_url.startswith("https://") else "")
    contact = contact or parseaddr(mail_from)[1]
    return contact if contact.startswith(("mailto:", "https://")) else f"mailto:{contact}"


def _write_whole(path: Path, content: bytes) -> None:
    """Write under another name first: a crash must not leave half a key behind."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
