"""Start the local servers like `manage.py up` does, say so, and wait; for tests to kill."""

from __future__ import annotations

import sys
from pathlib import Path

from config.embedded import LocalError, Supervisor, start_local_servers


def main(folder: Path) -> None:
    """Print one line per event; `up` means both servers answer."""
    try:
        with Supervisor(folder, progress=say) as supervisor:
            start_local_servers(supervisor)
            say("up")
            supervisor.wait()
    except LocalError as error:
        sys.exit(str(error))
    say("ended")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
