"""`python -m config.bench.reading`: time the pages on the kept tenant of a million messages.

A program of its own, as its database is another one than that of the other parts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from typing import Any


def main() -> int:
    """Write each page's figures as JSON to the standard output."""
    parser = argparse.ArgumentParser(prog="python -m config.bench.reading", description=__doc__)
    parser.add_argument("--repeats", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="for all of it")
    options = parser.parse_args()
    ends_at = time.monotonic() + options.seconds
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    import django  # noqa: PLC0415

    django.setup()
    # Only now: models need the settings.
    from django.db import connection  # noqa: PLC0415

    from config.bench.data import bench_tenant  # noqa: PLC0415
    from config.bench.measure import Reader  # noqa: PLC0415
    from config.bench.platform_rows import events  # noqa: PLC0415
    from tenants.migration import migrate_all  # noqa: PLC0415

    migrate_all(_say)
    size = {"messages": options.messages, "conversations": options.messages // 20}
    tenant = bench_tenant(_say, **size)
    events(tenant, count=options.messages // 5, say=_say)
    # As in the web process: its patience with statements, its garbage collection.
    connection.close()
    importlib.import_module("config.wsgi")
    reader = Reader(tenant)
    pages: dict[str, dict[str, Any]] = {}
    began = time.monotonic()
    for repeat in range(options.repeats):
        now = time.monotonic()
        if repeat and now + (now - began) / repeat > ends_at:
            _say(f"no time for more than {repeat} of {options.repeats} repeats")
            break
        for one in reader.measured(calls=options.calls):
            page = pages.setdefault(one.key, {"title": one.title, "p95_ms": [], "status": 200})
            page["p95_ms"].append(one.p95_ms)
            page["queries"] = one.queries
            page["cpu"] = f"{one.cpu_ms:.0f} + {one.postgres_ms:.0f} ms CPU"
            if not repeat:
                _say(f"{one.title}: {one.p95_ms:.0f} ms, {page['cpu']}")
            if one.status != 200:
                page["status"] = one.status
    json.dump(pages, sys.stdout)
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")


if __name__ == "__main__":
    sys.exit(main())
