"""Keep processes running until somebody asks for the end, then stop them in good order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from config.embedded.child import Child, death_follows_ours
from config.embedded.errors import LocalError, StopRequested
from config.embedded.leftovers import end_leftovers
from config.embedded.lock import DataFolder
from config.embedded.process import MARK, Process
from config.embedded.signals import StopSignals

_STEP: Final = 0.1
_NEWS_EVERY: Final = 5.0
_MOST_QUICK_DEATHS: Final = 4
_COMMAND_PATIENCE: Final = 20.0


class Supervisor:
    """Own a data folder and every process started on it, as a context manager.

    Leaving the block, however, stops everything, the last started group first. Ctrl-C and SIGTERM
    end the block quietly. To be used from one thread: the kernel ties the processes to it.
    """

    def __init__(
        self, data: Path, *, progress: Callable[[str], None], verbose: bool = False
    ) -> None:
        self.data = data
        self.progress = progress
        self._verbose = verbose
        self._groups: list[list[Child]] = []
        self._signals = StopSignals()
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as held:
            held.enter_context(DataFolder(self.data))
            held.enter_context(self._signals)
            if count := end_leftovers(self.data):
                self.progress(f"stopped {count} left-over process(es) of an earlier run")
            self._held = held.pop_all()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> bool:
        with self._held:
            self.stop_all()
            end_leftovers(self.data)
        return isinstance(error, StopRequested)

    def start(self, *processes: Process) -> list[Child]:
        """Start a group together, wait until all of it is ready, and return it.

        Raises:
            LocalError: one of them keeps ending.
            StopRequested: somebody asked for the end.
        """
        group = self.launch(*processes)
        self.await_ready(group)
        return group

    def launch(self, *processes: Process, joining: list[Child] | None = None) -> list[Child]:
        """Start a group, or more of one, and leave it to await_ready to see it through."""
        group = joining
        if group is None:
            group = []
            self._groups.append(group)
        for process in processes:
            group.append(Child(process, data=self.data))
            group[-1].start()
        return group

    def await_ready(self, group: list[Child]) -> None:
        """Wait until all of a group is ready; raises what start does."""
        self._wait_until(lambda: all(child.is_ready() for child in group), group)

    def run(self, process: Process) -> None:
        """Run a process to its end.

        Raises:
            LocalError: it failed.
            StopRequested: somebody asked for the end.
        """
        child = Child(process, data=self.data)
        child.start()
        try:
            self._wait_until(lambda: not child.is_running(), [child])
        finally:
            self._stop([child])
        if child.exit_code():
            raise _ended(child, f"{process.name} failed")

    def run_command(self, argv: Sequence[str], *, env: Mapping[str, str]) -> int:
        """Run a command on our terminal and return its exit code; Ctrl-C reaches it directly."""
        command = subprocess.Popen(  # noqa: S603  # the caller's own command
            [*death_follows_ours(signal.SIGTERM), "--", *argv],
            env={**env, MARK: str(self.data)},
        )
        try:
            self._wait_until(lambda: command.poll() is not None, [])
        except StopRequested:
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.wait(3.0)
        finally:
            if command.poll() is None:
                command.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    command.wait(_COMMAND_PATIENCE)
                command.kill()
        return command.wait()

    def check(self) -> None:
        """Raise StopRequested if somebody asked for the end; for long work between the starts."""
        self._signals.check()

    def at_end(self, call: Callable[[], None]) -> None:
        """Have something called once everything has stopped."""
        self._held.callback(call)

    def wait(self) -> None:
        """Watch over the processes until somebody asks for the end.

        Raises:
            LocalError: one of them keeps ending.
        """
        with contextlib.suppress(StopRequested):
            self._wait_until(lambda: False, [])

    def stop_all(self) -> None:
        """Stop everything, the last started group first."""
        while self._groups:
            self._stop(self._groups[-1])
            self._groups.pop()

    def _wait_until(self, done: Callable[[], bool], awaited: list[Child]) -> None:
        begun = told = time.monotonic()
        while not done():
            for child in self._children():
                self._revive(child)
            self._tell_logs()
            now = time.monotonic()
            if awaited and now - told > _NEWS_EVERY:
                told = now
                self._tell_wait([child for child in awaited if not child.is_ready()], now - begun)
            self._signals.sleep(_STEP)

    def _children(self) -> list[Child]:
        return [child for group in self._groups for child in group]

    def _revive(self, child: Child) -> None:
        code = child.exit_code()
        if code is None:
            return
        if child.is_due():
            child.end_workers()
            child.start()
            return
        pause = child.note_death()
        if pause is None:
            return
        if child.quick_deaths >= _MOST_QUICK_DEATHS:
            raise _ended(child, f"{child.process.name} ended {child.quick_deaths} times in a row")
        name = child.process.name
        self.progress(f"{name} ended (exit code {code}), starting it again in {pause:g} s")

    def _tell_wait(self, children: list[Child], seconds: float) -> None:
        for child in children:
            last = "".join(child.last_lines(1))
            self.progress(f"waiting for {child.process.name}, {seconds:.0f} s so far: {last}")

    def _tell_logs(self) -> None:
        if self._verbose:
            for child in self._children():
                for line in child.new_lines():
                    self.progress(f"{child.process.name:>10} | {line}")

    def _stop(self, group: list[Child]) -> None:
        running = [child for child in group if child.is_running()]
        for child in running:
            child.send(child.process.stop_signal)
        begun = time.monotonic()
        impatient = self._signals.received > 1
        hurried: set[str] = set()
        while running := [child for child in running if child.is_running()]:
            waited = time.monotonic() - begun
            impatient = impatient or self._signals.received > 1
            for child in running:
                late = impatient or waited > child.process.patience
                if late and child.process.name not in hurried:
                    hurried.add(child.process.name)
                    child.send(child.process.hurry_signal)
                if waited > child.process.patience + _COMMAND_PATIENCE:
                    child.send(signal.SIGKILL)
            self._tell_logs()
            time.sleep(_STEP / 2)
        self._tell_logs()  # what was said since the last look, or by those that ended at once
        for child in group:
            child.end_workers()


def _ended(child: Child, what: str) -> LocalError:
    lines = [f"{what} (exit code {child.exit_code()}); the end of {child.log}:"]
    return LocalError(os.linesep.join(lines + [f"  {line}" for line in child.last_lines(15)]))
