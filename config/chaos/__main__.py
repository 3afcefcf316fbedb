"""`python -m config.chaos`: break everything under traffic, then count every promise."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from random import SystemRandom

from config import local
from config.bench.servers import free_port
from config.embedded import LocalError, Supervisor, start_local_servers

_DATA = local.REPOSITORY / ".data" / "chaos"
_RESULTS = local.REPOSITORY / ".data" / "chaos.json"
# Nothing named outside may be what is broken here.
_UNSET = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL", "MEDIA_S3_BUCKET")
_OWN = ("pg", "pg.new", "valkey", "logs", "mail", "beat-schedule")


def main() -> int:
    """Print a table, write the results; 1 when a promise was broken."""
    options = _options()
    _surround(options.data)
    try:
        with Supervisor(options.data, progress=_say) as supervisor:
            return _runs(supervisor, options)
    except LocalError as error:
        _say(str(error))
        return 1
    return 130


def _runs(supervisor: Supervisor, options: argparse.Namespace) -> int:
    _clear(options.data)
    from config.chaos.carrier import stand_in  # noqa: PLC0415  # Django's settings read the above
    from config.chaos.disk import LimitedFiles, small_disk  # noqa: PLC0415

    with (
        stand_in(free_port()) as carrier,
        small_disk(options.data / "media") as small,
    ):
        os.environ["BANDWIDTH_MESSAGE_BASE_URL"] = carrier.api_url
        os.environ["BANDWIDTH_TOKEN_URL"] = carrier.token_url
        import django  # noqa: PLC0415

        django.setup()
        from config.chaos.plan import plan  # noqa: PLC0415
        from config.chaos.programs import Programs  # noqa: PLC0415
        from config.chaos.report import document, table  # noqa: PLC0415
        from config.chaos.run import Run, Stage  # noqa: PLC0415
        from tenants.migration import migrate_all  # noqa: PLC0415

        servers = start_local_servers(supervisor)
        migrate_all(lambda _: supervisor.check())
        programs = Programs(supervisor, servers, env=dict(os.environ), port=free_port())
        disk = LimitedFiles(programs.writers) if options.limit or small is None else small
        programs.on_start = disk.began
        programs.start_portal()
        stage = Stage(supervisor=supervisor, programs=programs, carrier=carrier, disk=disk)
        results = []
        for place, seed in enumerate(options.seeds, start=1):
            _say(
                f"seed {seed}: {options.seconds:g} s of traffic and faults; files on a {disk.name}"
            )
            began = time.monotonic()
            result = Run(stage, plan(seed, seconds=options.seconds), place=place).result()
            results.append(result)
            _say(f"{len(result.breaches)} broken promises, {time.monotonic() - began:.0f} s")
            surroundings = {"seconds": options.seconds, "disk": disk.name}
            found = document(results, surroundings)
            _RESULTS.write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")
    sys.stdout.write(table(results))
    _say(f"written to {_RESULTS}; the programs' logs are in {options.data / 'logs'}")
    return int(any(result.breaches for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.chaos", description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--seed", dest="seeds", type=lambda text: [int(text)])
    chosen.add_argument("--seeds", type=_span, help="several, one after the other: 1-10")
    parser.add_argument("--seconds", type=float, default=60, help="of traffic and faults per seed")
    parser.add_argument("--limit", action="store_true", help="limit files' size, mount no disk")
    parser.add_argument("--data", type=Path, default=_DATA)
    options = parser.parse_args()
    # The tool that tries a seed has to say which: printed, and the same the next time it is named.
    options.seeds = options.seeds or [SystemRandom().randrange(1, 100_000)]
    options.data = options.data.resolve()
    return options


def _span(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _surround(data: Path) -> None:
    os.environ.update(dict.fromkeys(_UNSET, ""))
    os.environ["DATA_DIR"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


def _clear(data: Path) -> None:
    """Begin with nothing; secrets may stay."""
    for name in _OWN:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
