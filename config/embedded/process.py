"""Describe one process for the supervisor."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.local import REPOSITORY

# Marks every process of a data folder in its environment, so that what a killed supervisor left
# behind (a web server's workers, say) is found again.
MARK: Final = "TRUNKLINE_SUPERVISED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One program to keep running; `env` replaces the environment, None hands ours on."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path = REPOSITORY
    ready: Callable[[], bool] | None = None
    prepare: Callable[[], None] | None = None  # before every start, restarts too
    stop_signal: signal.Signals = signal.SIGTERM
    hurry_signal: signal.Signals = signal.SIGKILL  # when patience ends or Ctrl-C comes twice
    patience: float = 30.0
    setpriv: Sequence[str] = ()  # further rights to drop or keep
