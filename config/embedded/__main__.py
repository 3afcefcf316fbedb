"""Run a command beside the embedded servers: `python -m config.embedded --data DIR -- COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from config.embedded import LocalError, Supervisor, start_local_servers


def main() -> int:
    """Return the command's exit code; with DATABASE_URL and REDIS_URL set nothing else starts."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the servers' data folder")
    parser.add_argument("--throwaway", action="store_true", help="faster; a crash may lose data")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    data: Path = options.data.resolve()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        os.environ["DATA_DIR"] = str(data)
        os.execvp(options.command[0], options.command)  # noqa: S606  # the caller's own command
    # Empty, not absent: an .env file must not lead the command to other servers.
    unset = {name: "" for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)}
    code = 130
    try:
        with Supervisor(data, progress=_say) as supervisor:
            start_local_servers(supervisor, durable=not options.throwaway)
            env = {**os.environ, **unset, "DATA_DIR": str(data)}
            code = supervisor.run_command(options.command, env=env)
    except LocalError as error:
        _say(str(error))
        return 1
    return code if code >= 0 else 128 - code


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
