"""Choose the user PostgreSQL runs as: it refuses root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.embedded.child import SETPRIV, setpriv_missing
from config.embedded.errors import LocalError

_SYSTEM_USER: Final = "trunkline"
# Below somebody's private folder (/root, say) only a capability lets another user through; the
# files themselves belong to that user. access(2) honours capabilities only with the securebit.
# Containers often have dac_override alone.
_CAPABILITIES: Final = ("dac_read_search", "dac_override")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user, and what setpriv must be told to become it."""

    uid: int
    gid: int
    setpriv: tuple[str, ...] = ()


def postgres_account(home: Path, *, program: Path) -> Account:
    """Return ourselves, or as root the user who can own `home` and run `program`.

    Raises:
        LocalError: root may not become a user who reaches both.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    uid, gid = _owner(home)
    base = ("--reuid", str(uid), "--regid", str(gid), "--clear-groups")
    for extra in ((), *(_keeping(capability) for capability in _CAPABILITIES)):
        if _reaches(base + extra, home.parent, program):
            return Account(uid=uid, gid=gid, setpriv=base + extra)
    message = (
        f"PostgreSQL refuses to run as root and another user cannot reach {home.parent} or "
        f"{program.parent}: run as an ordinary user, or set DATABASE_URL"
    )
    raise LocalError(message)


def own(path: Path, account: Account) -> None:
    """Create the folder if need be and give it, alone, to the account."""
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _owner(home: Path) -> tuple[int, int]:
    """Stay with the user who has the data already."""
    if home.exists() and (status := home.stat()).st_uid != 0:
        return status.st_uid, status.st_gid
    user = _find(_SYSTEM_USER) or _create_system_user() or _find("nobody")
    if user is None:
        message = "PostgreSQL refuses to run as root: run as an ordinary user, or set DATABASE_URL"
        raise LocalError(message)
    return user.pw_uid, user.pw_gid


def _create_system_user() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    arguments = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    subprocess.run(  # noqa: S603  # fixed words
        [useradd, *arguments, _SYSTEM_USER], check=False, capture_output=True
    )
    return _find(_SYSTEM_USER)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _keeping(capability: str) -> tuple[str, ...]:
    only = f"-all,+{capability}"
    return (f"--inh-caps={only}", f"--ambient-caps={only}", "--securebits=+no_setuid_fixup")


def _reaches(setpriv: tuple[str, ...], folder: Path, program: Path) -> bool:
    script = 'cd "$1" && exec "$2" --version'
    try:
        result = subprocess.run(  # noqa: S603  # our own words and paths
            [SETPRIV, *setpriv, "--", "/bin/sh", "-c", script, "sh", str(folder), str(program)],
            check=False,
            capture_output=True,
            cwd="/",
        )
    except FileNotFoundError as error:
        raise setpriv_missing() from error
    return result.returncode == 0
