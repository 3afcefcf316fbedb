"""`python -m config.fuzz`: abuse the product, and count what it answers."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from config import local
from config.chaos.ports import free_ports
from config.embedded import LocalError, Supervisor, start_local_servers
from config.fuzz.figures import Figures

_DATA = local.REPOSITORY / ".data" / "fuzz"
# Nothing named outside may be what is abused here.
_UNSET = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL", "MEDIA_S3_BUCKET")
# Shares of the time, which are what they need for their bounds.
PARTS = {"bodies": 0.45, "worker": 0.1, "slow": 0.1, "api": 0.35}
Part = Callable[[float], Figures]


def main() -> int:
    """Print the figures and write them; 1 when something does not hold."""
    options = _options()
    began = time.monotonic()
    folder: Path = options.data
    portal_port, intake_port = free_ports(2)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _surround(folder)
    import django  # noqa: PLC0415  # the settings read the environment

    django.setup()
    _say(f"seed {options.seed}, {options.inputs} bodies at most, {options.seconds:g} s")
    try:
        with Supervisor(folder, progress=_say) as supervisor:
            start_local_servers(supervisor)
            from config.fuzz.stage import parts  # noqa: PLC0415  # needs the settings

            known = parts(supervisor, options, portal_port=portal_port, intake_port=intake_port)
            found = [known[name](options.seconds * PARTS[name]) for name in options.only]
            supervisor.stop_all()
    except LocalError as error:
        _say(str(error))
        return 1
    document = {figures.part: {**figures.counts, "broken": figures.broken} for figures in found}
    written = folder.with_suffix(".json")
    written.write_text(json.dumps({"seed": options.seed, **document}, indent=1) + "\n")
    for figures in found:
        sys.stdout.write("".join(f"{line}\n" for line in figures.lines()))
    _say(f"{time.monotonic() - began:.0f} s, written to {written}")
    return int(any(figures.broken for figures in found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1, 100_000))
    parser.add_argument("--inputs", type=int, default=30_000, help="bodies for the webhook's doors")
    parser.add_argument("--seconds", type=float, default=300, help="for all parts together")
    parser.add_argument("--examples", type=int, default=20, help="calls of each operation")
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--data", type=Path, default=_DATA)
    options = parser.parse_args()
    options.data = options.data.resolve()
    return options


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - PARTS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose of {', '.join(PARTS)}")
    return names


def _surround(data: Path) -> None:
    os.environ.update(dict.fromkeys(_UNSET, ""))
    os.environ["DATA_DIR"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["API_REQUESTS_PER_MINUTE"] = "0"  # or most calls would be answered 429
    # Nobody listens there: what is abused has nothing to do with a carrier.
    os.environ["BANDWIDTH_MESSAGE_BASE_URL"] = "http://127.0.0.1:9/api/v2"
    os.environ["BANDWIDTH_TOKEN_URL"] = "http://127.0.0.1:9/token"  # noqa: S105


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
