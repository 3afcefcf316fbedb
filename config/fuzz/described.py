"""Calls that follow from the API's own descriptions, sane and not: none may be answered 5xx."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.db import connection

from config.fuzz.company import Company
from config.fuzz.figures import Figures
from tenants.models import ApiKey, Membership, Tenant, User

_PROGRAM = Path(sys.executable).absolute().with_name("schemathesis")
_CHECKS = "not_a_server_error"
_REPAIR_EVERY = 0.5
_GRACE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Api:
    name: str
    base: str
    key: str


def call(
    portal: str, company: Company, *, seed: int, seconds: float, examples: int, folder: Path
) -> Figures:
    """Call both APIs as their schemas say, each for half of the time."""
    figures = Figures("API")
    with _lasting_keys(company) as apis:
        for api in apis:
            report = folder / f"api-{api.name}.json"
            _run(
                figures,
                portal,
                api,
                seed=seed,
                seconds=seconds / 2,
                examples=examples,
                report=report,
            )
            _count(figures, api.name, report)
            alive = requests.get(f"{portal}{api.base}schema/", headers=_headers(api), timeout=30)
            if alive.status_code != 200:
                figures.broke(f"{api.name}: at the end the key is answered {alive.status_code}")
    return figures


def _run(
    figures: Figures,
    portal: str,
    api: _Api,
    *,
    seed: int,
    seconds: float,
    examples: int,
    report: Path,
) -> None:
    arguments = [str(_PROGRAM), "run", f"{portal}{api.base}schema/?format=json"]
    for name, value in _headers(api).items():
        arguments += ["--header", f"{name}: {value}"]
    arguments += ["--checks", _CHECKS, "--seed", str(seed), "--max-examples", str(examples)]
    arguments += [
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--continue-on-failure",
        "--no-shrink",
    ]
    arguments += ["--max-time", str(max(1, round(seconds))), "--request-timeout", "30"]
    arguments += ["--generation-database", "none", "--warnings", "off", "--workers", "1"]
    arguments += ["--report-ndjson-path", str(report)]
    with report.with_suffix(".log").open("wb") as log:
        ended = subprocess.run(  # noqa: S603  # our own program
            arguments,
            cwd=report.parent,  # where it leaves what it remembers
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=seconds + _GRACE,
            check=False,
        )
    if ended.returncode:
        figures.broke(f"{api.name}: ended with {ended.returncode}, see {log.name}")


def _headers(api: _Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.key}"}


def _count(figures: Figures, name: str, report: Path) -> None:
    statuses: Counter[int] = Counter()
    with report.open(encoding="utf-8") as lines:
        for line in lines:
            statuses.update(_statuses(json.loads(line)))
    figures.counts[f"{name}, calls"] = statuses.total()
    figures.counts[f"{name}, answers"] = {str(code): n for code, n in sorted(statuses.items())}
    failed = sum(count for status, count in statuses.items() if status >= 500)
    figures.counts[f"{name}, 5xx"] = failed
    if failed or not statuses:
        figures.broke(f"{name}: {failed} of {statuses.total()} answers are 5xx, see {report}")


def _statuses(found: Any) -> Iterator[int]:
    """Find the answers in whatever the program tells."""
    if isinstance(found, list):
        for inner in found:
            yield from _statuses(inner)
    elif isinstance(found, dict):
        if isinstance(status := found.get("status_code"), int):
            yield status
        for inner in found.values():
            yield from _statuses(inner)


@contextmanager
def _lasting_keys(company: Company) -> Iterator[list[_Api]]:
    """Make keys; what the calls revoke, close or remove of them is put back."""
    root = User.objects.create_user("fuzz-root@example.com", is_system_admin=True)
    _, platform_key = ApiKey.issue(root)
    people = [root.pk, company.admin.pk]
    ended = threading.Event()

    def repair() -> None:
        while not ended.wait(_REPAIR_EVERY):
            _repair(company.tenant.slug, people)
        connection.close()

    thread = threading.Thread(target=repair, name="repair")
    thread.start()
    try:
        yield [
            _Api(name="tenant", base=f"/t/{company.tenant.slug}/api/v1/", key=company.api_key),
            _Api(name="platform", base="/api/v1/", key=platform_key),
        ]
    finally:
        ended.set()
        thread.join()


def _repair(slug: str, people: list[int]) -> None:
    Tenant.objects.filter(slug=slug, is_active=False).update(is_active=True)
    ApiKey.objects.filter(user__in=people).exclude(revoked_at=None).update(revoked_at=None)
    User.objects.filter(pk__in=people, is_active=False).update(is_active=True)
    Membership.objects.filter(user__in=people).exclude(role="admin").update(role="admin")
