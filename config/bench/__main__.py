"""`python -m config.bench`: make a million messages, time the pages on them, keep the figures."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path


def main() -> int:
    """Print a table of the pages' times; results.json in the data folder holds the same."""
    parser = argparse.ArgumentParser(prog="python -m config.bench", description=__doc__)
    parser.add_argument("--calls", type=int, default=30, help="of each page")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    import django  # noqa: PLC0415

    django.setup()
    # Only now: models need the settings.
    from django.conf import settings  # noqa: PLC0415

    from config.bench.data import bench_tenant  # noqa: PLC0415
    from config.bench.measure import measure, table  # noqa: PLC0415
    from tenants.migration import migrate_all  # noqa: PLC0415

    migrate_all(_say)
    tenant = bench_tenant(_say)
    results = measure(tenant, calls=options.calls, say=_say)
    sys.stdout.write(table(results))
    path = Path(settings.DATA_DIR) / "results.json"
    figures = {f"{one.key}_{name}_ms": value for one in results for name, value in one.figures}
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _say(f"written to {path}")
    return 0 if all(one.is_ok for one in results) else 1


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
