"""Collected files carry their content's hash in their names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def _manage(*arguments: str, static_root: Path) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "STATIC_ROOT": str(static_root)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_pages_refer_to_collected_files_by_their_hashed_names(tmp_path: Path) -> None:
    _manage("collectstatic", "--noinput", static_root=tmp_path)
    code = "from django.templatetags.static import static; print(static('portal/portal.css'))"
    name = _manage("shell", "--no-imports", "-c", code, static_root=tmp_path).strip()
    assert name.startswith("/static/portal/portal.")
    assert name != "/static/portal/portal.css"
    assert (tmp_path / name.removeprefix("/static/")).exists()
