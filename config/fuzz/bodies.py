"""`python -m config.fuzz.bodies`: bodies for the webhook's doors, led by what code they reach.

A process of its own, as the fuzzer does not return. Where there is no fuzzer for this machine the
same bodies are made, by chance alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

_LIMIT = 1024 * 1024
# What one body of a megabyte may take beside itself, and how many calls of functions.
MOST_MEMORY = 64 * 1024 * 1024
_INSTRUMENTED = ["providers.bandwidth", "providers.intake", "providers.webhooks"]
_INSTRUMENTED += ["providers.loop_door"]
_FUZZ_LENGTH = 65_536
_MEASURE_EVERY = 101
_KEPT = 20  # bodies that broke something


def MOST_CALLS(length: int) -> int:  # noqa: N802  # a bound, as MOST_MEMORY is
    """Return how many calls a body of this length may cost: so many, and two for each byte."""
    return 30_000 + 2 * length


def _full(piece: bytes, before: bytes = b"[", after: bytes = b"]") -> Callable[[], bytes]:
    count = (_LIMIT - len(before) - len(after)) // (len(piece) + 1)
    return lambda: before + b",".join([piece] * count) + after


HEAVY: dict[str, Callable[[], bytes]] = {
    "objects": _full(b"{}"),
    "arrays": _full(b"[]"),
    "numbers": _full(b"1"),
    "floats": _full(b"1e9"),
    "strings": _full(b'"a"'),
    "nests": _full(b"[" * 98 + b"]" * 98),
    "events": _full(b'{"type":"m","message":{"id":"1"}}'),
    "a thousand events": lambda: _thousand(),  # noqa: PLW0108  # is below
    "a key many times": _full(b'"message":{"id":"a"}', b"{", b"}"),
    "many keys": lambda: b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
    "a long number": lambda: b'[{"a":' + b"9" * 1_000_000 + b"}]",
    "a long string": lambda: b'["' + b"x" * 1_000_000 + b'"]',
    "emoji": ('["' + "👍" * 250_000 + '"]').encode,
    "escapes": lambda: b'["' + b"\\u0000" * 170_000 + b'"]',
    "backslashes": lambda: b'["' + b"\\" * 1_000_000 + b'"]',
    "quotes": lambda: b'"' * _LIMIT,
    "strings that do not end": lambda: b'{"a' * 300_000,
}


def _thousand() -> bytes:
    events = [{"type": "m", "message": {"id": f"{n}", "text": "x" * 900}} for n in range(1000)]
    return json.dumps(events).encode()


def calls_of(work: Callable[[], object]) -> int:
    """Count the functions that are called for some work: its time, on any machine."""
    count = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


class _Run:
    """Counts, and what broke."""

    def __init__(self, doors: Any, options: argparse.Namespace, *, is_led: bool) -> None:
        self._is_led = is_led
        self._slack = 3 if is_led else 1  # noting what code is reached takes calls too
        self._doors = doors
        self._options = options
        self._until = time.monotonic() + options.seconds
        self._answers: Counter[int] = Counter()
        self._broken: dict[str, int] = {}
        self._good = 0
        self._inputs = 0
        self._most_calls = self._most_bytes = 0.0

    def one(self, body: bytes) -> None:
        """Try one body, and one with good events among bad ones that follows from it."""
        from config.fuzz.inputs import Maker  # noqa: PLC0415  # after the instrumentation

        self._inputs += 1
        self._try(body, lambda: self._count(body))
        if self._inputs % 4 == 0:
            mixed = Maker(Random(body)).mixed()  # noqa: S311  # chance is no secret
            self._inputs += 1
            self._good += len(mixed.good)
            self._try(mixed.body, lambda: self._doors.check_good(mixed.body, mixed.good))
        if self._inputs % _MEASURE_EVERY == 0:
            self._measure(body)

    @property
    def is_over(self) -> bool:
        """Tell whether inputs or time are used up."""
        return bool(self._inputs >= self._options.inputs or time.monotonic() > self._until)

    def heavy(self) -> None:
        """Measure the heaviest bodies that are known."""
        for make in HEAVY.values():
            body = make()
            self._inputs += 1
            self._try(body, lambda body=body: self._count(body))  # type: ignore[misc]
            self._measure(body, memory=True)

    def write(self) -> None:
        """Leave the figures for whoever started this process."""
        found = {
            "inputs": self._inputs,
            "answers": {str(status): count for status, count in sorted(self._answers.items())},
            "good events among bad ones": self._good,
            "broken": self._broken,
            "led by coverage": self._is_led,
            "most calls of a body": round(self._most_calls),
            "most memory of a body, MB": round(self._most_bytes / 1e6, 1),
            "resident at most, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        self._options.out.write_text(json.dumps(found), encoding="utf-8")

    def _count(self, body: bytes) -> None:
        self._answers[self._doors.check(body)] += 1

    def _try(self, body: bytes, check: Callable[[], None]) -> None:
        try:
            check()
        except Exception as error:  # noqa: BLE001  # whatever a door lets out is what is looked for
            what = f"{type(error).__name__}: {error}"[:200]
            self._broken[what] = self._broken.get(what, 0) + 1
            if self._broken[what] == 1 and len(self._broken) <= _KEPT:
                name = hashlib.sha256(body).hexdigest()[:16]
                (self._options.out.parent / f"broke-{name}.json").write_bytes(body)

    def _measure(self, body: bytes, *, memory: bool = False) -> None:
        calls = calls_of(lambda: self._doors.ask(body))
        self._most_calls = max(self._most_calls, calls)
        self._try(body, lambda: _within(calls, self._slack * MOST_CALLS(len(body)), "calls"))
        if memory:
            tracemalloc.start()
            self._doors.ask(body)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self._most_bytes = max(self._most_bytes, peak)
            self._try(body, lambda: _within(peak, MOST_MEMORY, "bytes"))


def _within(found: int, most: int, what: str) -> None:
    if found > most:
        raise OverflowError(f"takes more than {most} {what}")


def main() -> None:
    """Try bodies until inputs or time are used up, then write the figures."""
    options = _options()
    # Nothing of the machine's own is asked: no database, no queue.
    for name in ("ACCOUNT_ID", "WEBHOOK_USERNAME", "WEBHOOK_PASSWORD"):
        os.environ[f"BANDWIDTH_{name}"] = "9900009"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    fuzzer = _fuzzer()
    if fuzzer is None:
        _set_up()
    else:
        with fuzzer.instrument_imports(include=_INSTRUMENTED, enable_loader_override=False):
            _set_up()
    from config.fuzz.doors import Doors  # noqa: PLC0415  # needs the settings
    from config.fuzz.inputs import Maker  # noqa: PLC0415

    with Doors() as doors:
        run = _Run(doors, options, is_led=fuzzer is not None)
        run.heavy()
        maker = Maker(Random(options.seed))  # noqa: S311
        if fuzzer is not None:
            _lead(fuzzer, run, options)
        while not run.is_over:
            run.one(maker.body())
        run.write()


def _set_up() -> None:
    import django  # noqa: PLC0415  # the settings read the environment

    django.setup()
    import config.fuzz.doors  # noqa: F401, PLC0415


def _lead(fuzzer: Any, run: _Run, options: argparse.Namespace) -> None:
    """Have atheris choose; it ends the process."""
    from config.fuzz.inputs import SAMPLES, Maker  # noqa: PLC0415  # need the settings

    def one(data: bytes) -> None:
        run.one(data)
        if run.is_over:
            run.write()
            sys.stdout.flush()
            os._exit(0)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311
        if random.random() < 0.5:
            return bytes(fuzzer.Mutate(data, most))
        return Maker(random).body_like(data)[:most]

    arguments = [f"-seed={options.seed}", f"-max_len={_FUZZ_LENGTH}", "-print_final_stats=0"]
    arguments += ["-verbosity=0", f"-rss_limit_mb={options.megabytes}", "-timeout=60"]
    # What reaches something new is written to the first of the folders.
    new = options.out.parent / "corpus"
    new.mkdir(exist_ok=True)
    fuzzer.Setup([sys.argv[0], *arguments, str(new), str(SAMPLES)], one, custom_mutator=mutate)
    fuzzer.Fuzz()


def _fuzzer() -> Any:
    try:
        import atheris  # type: ignore[import-untyped]  # noqa: PLC0415  # only in its own place
    except ImportError:
        return None
    return atheris


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--megabytes", type=int, default=1024, help="resident, at most")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
