from __future__ import annotations

from pathlib import Path

import pytest

from config.embedded import AlreadyRunning, LocalError, Process, Supervisor
from tests.config.watching import eventually, processes_of


def ignore(_line: str) -> None:
    return None


def shell(name: str, script: str) -> Process:
    return Process(name=name, argv=["/bin/sh", "-c", script])


def test_a_second_supervisor_on_the_same_data_is_refused(data: Path) -> None:
    second = Supervisor(data, progress=ignore)
    with (
        Supervisor(data, progress=ignore),
        pytest.raises(AlreadyRunning, match=r"already running on .* set DATA_DIR"),
    ):
        second.__enter__()
    with Supervisor(data, progress=ignore):
        pass


def test_everything_started_is_gone_after_the_block(data: Path) -> None:
    with Supervisor(data, progress=ignore) as supervisor:
        supervisor.start(shell("web", "sleep 1000 & exec sleep 1000"))
        assert eventually(lambda: len(processes_of(data)) >= 2)
    assert processes_of(data) == []


def test_a_worker_that_left_its_session_is_gone_after_the_block(data: Path) -> None:
    with Supervisor(data, progress=ignore) as supervisor:
        supervisor.start(shell("web", "setsid sleep 1000 & exec sleep 1000"))
        assert eventually(lambda: len(processes_of(data)) >= 2)
    assert processes_of(data) == []


def test_groups_stop_in_reverse_order(data: Path, tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    script = "trap 'echo {name} >> {ends}; exit' TERM; touch {ready}; while :; do sleep 0.1; done"
    with Supervisor(data, progress=ignore) as supervisor:
        for name in ("first", "second", "third"):
            ready = tmp_path / name
            words = script.format(name=name, ends=ends, ready=ready)
            supervisor.start(Process(name=name, argv=["/bin/sh", "-c", words], ready=ready.exists))
    assert ends.read_text().split() == ["third", "second", "first"]


def test_a_process_deaf_to_its_stop_signal_is_killed(data: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    deaf = f"trap '' TERM; touch {ready}; while :; do sleep 0.1; done"
    with Supervisor(data, progress=ignore) as supervisor:
        supervisor.start(
            Process(name="deaf", argv=["/bin/sh", "-c", deaf], ready=ready.exists, patience=0.3)
        )
    assert processes_of(data) == []


def test_a_process_that_ends_once_is_started_again(data: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    script = f"[ -e {tmp_path}/first ] && touch {second} && exec sleep 1000; touch {tmp_path}/first"
    lines: list[str] = []
    with Supervisor(data, progress=lines.append) as supervisor:
        supervisor.start(Process(name="web", argv=["/bin/sh", "-c", script], ready=second.exists))
    assert lines == ["web ended (exit code 0), starting it again in 0.5 s"]


def test_a_process_that_keeps_ending_stops_all_with_its_last_words(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.embedded.child._LONGEST_PAUSE", 0.1)
    failing = Process(
        name="web",
        argv=["/bin/sh", "-c", "echo no such table >&2; exit 3"],
        ready=(tmp_path / "never").exists,
    )
    last_words = r"(?s)web ended 4 times in a row .exit code 3.*web.log.*no such table"
    with (
        pytest.raises(LocalError, match=last_words),
        Supervisor(data, progress=ignore) as supervisor,
    ):
        supervisor.start(shell("other", "exec sleep 1000"), failing)
    assert processes_of(data) == []


def test_a_failing_step_is_reported_with_its_last_words(data: Path) -> None:
    with (
        Supervisor(data, progress=ignore) as supervisor,
        pytest.raises(LocalError, match=r"(?s)migrate failed .exit code 7.*column exists"),
    ):
        supervisor.run(shell("migrate", "echo column exists; exit 7"))


def test_the_terminal_shows_prefixed_logs_when_verbose(data: Path) -> None:
    lines: list[str] = []
    with Supervisor(data, progress=lines.append, verbose=True) as supervisor:
        supervisor.start(shell("quiet", "exec sleep 1000"))
        supervisor.start(shell("web", "echo listening; exec sleep 1000"))
        log = data / "logs" / "web.log"
        assert eventually(lambda: bool(log.read_text()))
    assert lines == ["       web | listening"]


def test_a_large_log_is_put_aside(data: Path) -> None:
    log = data / "logs" / "web.log"
    with Supervisor(data, progress=ignore) as supervisor:
        log.parent.mkdir()
        log.write_bytes(b"x" * (10 * 1024 * 1024 + 1))
        supervisor.run(shell("web", "echo new"))
    assert log.read_text() == "new\n"
    assert log.with_suffix(".log.1").exists()


def test_the_last_words_of_a_process_that_is_gone_already_are_shown(data: Path) -> None:
    lines: list[str] = []
    with Supervisor(data, progress=lines.append, verbose=True) as supervisor:
        supervisor.start(shell("web", "echo up; sleep 0.3; echo bye"))
        # Nobody looks from here on, until the block is left.
        log = data / "logs" / "web.log"
        assert eventually(lambda: "bye" in log.read_text() and not processes_of(data))
    assert lines[-1] == "       web | bye"
