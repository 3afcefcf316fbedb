"""`python -m config.bench`: measure the hot path and the pages, each beside its yardstick."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from types import ModuleType

from config import local
from config.bench.database import scratch
from config.bench.figures import Figure
from config.bench.run import NotMeasured, Run
from config.bench.tables import document, markdown, terminal

# In this order. Each gets its share of the time that is left when it begins; the shares are what
# they take on two quiet cores, in seconds, with all that is made the first time.
PARTS = {"accept": 75, "route": 205, "send": 65, "live": 20, "tenants": 80, "read": 135}
_RESULTS = local.REPOSITORY / "bench" / "results.json"
# Beside it the database is dropped, which takes a while with a thousand tenants in it.
_SECONDS = 560.0


def main() -> int:
    """Print a table, write bench/results.json; 1 when a part could not be measured.

    A missed goal is shown; only --strict makes it a failure.
    """
    options = _options()
    began = time.monotonic()
    _open_files()
    kept = dict(os.environ)
    with scratch() as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django  # noqa: PLC0415  # the settings read the environment

        django.setup()
        run = Run(
            repeats=options.repeats,
            is_quick=options.quick,
            data=local.data_dir(),
            env=dict(os.environ),
            kept_env=kept,
            ends_at=began + _SECONDS,
            part_ends_at=began + _SECONDS,
        )
        figures, missing, where = _measured(run, options.only)
    where = {**where, "quick": options.quick, "seconds": round(time.monotonic() - began)}
    _RESULTS.parent.mkdir(exist_ok=True)
    found = document(figures, missing, where)
    _RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(markdown(figures) if options.markdown else terminal(figures, missing))
    sys.stderr.write(f"{time.monotonic() - began:.0f} s, written to {_RESULTS}\n")
    if missing or not figures:
        return 1
    return int(options.strict and bool(found["missed"]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.bench", description=__doc__)
    parser.add_argument(
        "--only", type=_parts, default=tuple(PARTS), help="parts, separated by commas"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small and short, to try the bench")
    parser.add_argument("--strict", action="store_true", help="exit code 1 on a missed goal too")
    parser.add_argument("--markdown", action="store_true", help="rows for docs/PERFORMANCE.md")
    return parser.parse_args()


def _parts(text: str) -> tuple[str, ...]:
    asked = text.split(",")
    for name in asked:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in asked)


def _measured(
    run: Run, parts: Sequence[str]
) -> tuple[list[Figure], dict[str, str], dict[str, object]]:
    from config.bench.machine import surroundings  # noqa: PLC0415  # needs the settings
    from tenants.migration import migrate_all  # noqa: PLC0415

    where = surroundings()
    migrate_all(run.say)
    figures: list[Figure] = []
    missing: dict[str, str] = {}
    seconds: dict[str, int] = {}
    for place, name in enumerate(parts):
        began = time.monotonic()
        sys.stderr.write(f"{name}\n")
        part: ModuleType = importlib.import_module(f"config.bench.{name}")
        share = PARTS[name] / sum(PARTS[other] for other in parts[place:])
        try:
            run.check_time()
            found: list[Figure] = part.measure(
                dataclasses.replace(run, part_ends_at=began + run.seconds_left * share)
            )
            figures += (figure for figure in found if figure.is_sound)
            missing |= {
                figure.key: f"came to nothing: {figure.values} of {figure.yardstick}"
                for figure in found
                if not figure.is_sound
            }
        except NotMeasured as error:
            missing[name] = str(error)
        except Exception as error:  # noqa: BLE001  # one part's trouble is not the others'
            missing[name] = f"{type(error).__name__}: {error}"
        seconds[name] = round(time.monotonic() - began)
        run.say(
            f"{seconds[name]} s" + (f", not measured: {missing[name]}" if name in missing else "")
        )
    return figures, missing, {**where, "seconds_of_parts": seconds}


def _open_files() -> None:
    """Let ourselves, and what we start, hold thousands of connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
