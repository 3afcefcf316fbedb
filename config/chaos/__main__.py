"""`python -m config.chaos`: break everything under traffic, then count every promise."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from random import SystemRandom

from config import local
from config.chaos.plan import Kill
from config.chaos.ports import free_ports
from config.embedded import LocalError, Supervisor

_DATA = local.REPOSITORY / ".data" / "chaos"
# Nothing named outside may be what is broken here.
_UNSET = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL", "MEDIA_S3_BUCKET")
_OWN = ("pg", "pg.new", "valkey", "logs", "mail", "beat-schedule")


def main() -> int:
    """Print a table, write the results; 1 when a promise was broken."""
    options = _options()
    carrier_port, intake_port, *portal_ports = free_ports(4)
    _surround(options.data, f"http://127.0.0.1:{carrier_port}")
    import django  # noqa: PLC0415  # the settings read the environment

    django.setup()
    from config.chaos.report import document, table  # noqa: PLC0415  # these need the settings
    from config.chaos.results import Result  # noqa: PLC0415
    from config.chaos.stage import Wish, play, say  # noqa: PLC0415

    results: list[Result] = []
    written = options.data.with_suffix(".json")

    def keep(all_results: list[Result]) -> None:
        results[:] = all_results
        found = document(results, {"seconds": options.seconds})
        written.write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")

    wish = Wish(
        seeds=options.seeds,
        seconds=options.seconds,
        data=options.data,
        carrier_port=carrier_port,
        portal_ports=portal_ports,
        intake_port=intake_port,
        only=options.only,
        may_mount=not options.no_mount,
    )
    try:
        with Supervisor(options.data, progress=say) as supervisor:
            _clear(options.data)
            play(supervisor, wish, on_result=keep)
    except LocalError as error:
        say(str(error))
        return 1
    sys.stdout.write(table(results))
    say(f"written to {written}; the programs' logs are in {options.data / 'logs'}")
    is_whole = len(results) == len(wish.seeds)
    return int(not is_whole or any(result.breaches for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.chaos", description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--seed", dest="seeds", type=lambda text: [int(text)])
    chosen.add_argument("--seeds", type=_span, help="several, one after the other: 1-10")
    parser.add_argument("--seconds", type=float, default=60, help="of traffic and faults per seed")
    parser.add_argument("--only", type=_kills, default=(), help=f"of: {', '.join(Kill)}")
    parser.add_argument("--no-mount", action="store_true", help="limit files instead of a disk")
    parser.add_argument("--data", type=Path, default=_DATA)
    options = parser.parse_args()
    options.seeds = options.seeds or [SystemRandom().randrange(1, 100_000)]
    options.data = options.data.resolve()
    return options


def _kills(text: str) -> list[Kill]:
    try:
        return [Kill(name.strip()) for name in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: choose of {', '.join(Kill)}") from None


def _span(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _surround(data: Path, carrier: str) -> None:
    os.environ.update(dict.fromkeys(_UNSET, ""))
    os.environ["DATA_DIR"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["BANDWIDTH_MESSAGE_BASE_URL"] = f"{carrier}/api/v2"
    os.environ["BANDWIDTH_TOKEN_URL"] = f"{carrier}/api/v1/oauth2/token"


def _clear(data: Path) -> None:
    """Begin with nothing; secrets may stay."""
    for name in _OWN:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
