"""A short run of chaos, with real programs, keeps every promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_stuck_when_everything_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "chaos"
    done = subprocess.run(
        [sys.executable, "-m", "config.chaos", "--seed", "7", "--seconds", "25", "--data", data],
        cwd=REPOSITORY,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = json.loads(data.with_suffix(".json").read_text())["runs"]
    assert run["breaches"] == []
    assert min(run["texts"], run["at_carrier"], run["kills"]["everything at once"]) > 0
