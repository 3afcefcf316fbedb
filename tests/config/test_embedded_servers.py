from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from config import local
from config.embedded import Supervisor, start_local_servers
from tests.config.conftest import Portal
from tests.config.watching import eventually, processes_of


def connect(data: Path) -> psycopg.Connection:
    config = local.database_config(data)
    return psycopg.connect(
        dbname=config["NAME"],
        user=config["USER"],
        host=config["HOST"],
        port=config["PORT"],
        autocommit=True,
    )


def store(data: Path) -> None:
    with connect(data) as connection:
        connection.execute("CREATE TABLE kept (text text)")
        connection.execute("INSERT INTO kept VALUES ('é')")
    redis.Redis.from_url(local.redis_url(data)).set("kept", "yes")


def assert_stored(data: Path) -> None:
    with connect(data) as connection:
        assert connection.execute("SELECT upper(text) FROM kept").fetchall() == [("É",)]
    assert redis.Redis.from_url(local.redis_url(data)).get("kept") == b"yes"


def postmaster(data: Path) -> int:
    return int((data / "pg" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture(params=["plain", "with space and too " + "long" * 30])
def data(request: pytest.FixtureRequest, data: Path) -> Path:
    return data if request.param == "plain" else data.with_name(request.param)


plain = pytest.mark.parametrize("data", ["plain"], indirect=True)
after_a_first_run = pytest.mark.usefixtures("created")


def test_data_is_kept_between_two_runs(
    data: Path, tmp_path: Path, start_portal: Callable[[], Portal]
) -> None:
    mode = tmp_path.stat().st_mode
    first = start_portal()
    assert first.wait_for("up") == ["creating the database (once)", "up"]
    store(data)
    assert first.end(signal.SIGTERM) == 0
    assert processes_of(data) == []

    second = start_portal()
    assert second.wait_for("up") == ["up"]
    assert_stored(data)
    assert second.end(signal.SIGINT) == 0
    assert processes_of(data) == []
    assert tmp_path.stat().st_mode == mode
    assert not local.run_dir(data).exists()


@plain
@after_a_first_run
def test_the_next_run_recovers_after_everything_was_killed(
    data: Path, start_portal: Callable[[], Portal]
) -> None:
    portal = start_portal()
    portal.wait_for("up")
    store(data)
    redis.Redis.from_url(local.redis_url(data)).bgrewriteaof()
    for pid in [portal.process.pid, *processes_of(data)]:
        os.kill(pid, signal.SIGKILL)
    portal.process.wait()

    start_portal().wait_for("up")
    assert_stored(data)


@plain
@after_a_first_run
def test_killing_the_supervisor_takes_the_servers_down(
    data: Path, start_portal: Callable[[], Portal]
) -> None:
    portal = start_portal()
    portal.wait_for("up")
    portal.end(signal.SIGKILL)
    assert eventually(lambda: processes_of(data) == [])


@plain
@after_a_first_run
def test_servers_that_outlived_their_supervisor_are_replaced(
    data: Path, start_portal: Callable[[], Portal]
) -> None:
    portal = start_portal()
    portal.wait_for("up")
    store(data)
    before = postmaster(data)
    os.kill(before, signal.SIGSTOP)  # it cannot follow its supervisor now
    portal.end(signal.SIGKILL)
    os.kill(before, signal.SIGCONT)

    start_portal().wait_for("up")
    assert postmaster(data) != before
    assert_stored(data)


@plain
@after_a_first_run
def test_a_pid_file_naming_a_stranger_is_no_obstacle(
    data: Path, start_portal: Callable[[], Portal]
) -> None:
    first = start_portal()
    first.wait_for("up")
    first.end(signal.SIGTERM)
    (data / "pg" / "postmaster.pid").write_text(f"{os.getpid()}\n{data / 'pg'}\n")
    start_portal().wait_for("up")


@plain
def test_a_database_half_created_is_created_anew(
    data: Path, start_portal: Callable[[], Portal]
) -> None:
    (data / "pg.new").mkdir(parents=True)
    (data / "pg.new" / "PG_VERSION").write_text("18\n")
    start_portal().wait_for("up")
    with connect(data) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)


@plain
@after_a_first_run
def test_a_dead_database_is_started_again(data: Path, start_portal: Callable[[], Portal]) -> None:
    portal = start_portal()
    portal.wait_for("up")
    store(data)
    os.kill(postmaster(data), signal.SIGKILL)
    portal.wait_for("postgres ended (exit code -9), starting it again in 0.5 s")

    def answers() -> bool:
        try:
            assert_stored(data)
        except psycopg.OperationalError:
            return False
        return True

    assert eventually(answers)


@plain
@after_a_first_run
def test_the_servers_are_reachable_by_their_owner_only(
    data: Path, start_portal: Callable[[], Portal]
) -> None:
    start_portal().wait_for("up")
    assert stat.S_IMODE(local.postgres_socket_dir(data).stat().st_mode) == 0o700
    assert stat.S_IMODE(local.valkey_socket(data).stat().st_mode) == 0o700
    with connect(data) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert redis.Redis.from_url(local.redis_url(data)).config_get("port") == {"port": "0"}


@plain
@after_a_first_run
def test_failing_statements_are_not_logged(data: Path, start_portal: Callable[[], Portal]) -> None:
    start_portal().wait_for("up")
    store(data)
    with connect(data) as connection:
        connection.execute("CREATE UNIQUE INDEX ON kept (text)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO kept SELECT 'é' /* see you at noon */")
    log = (data / "logs" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "noon" not in log
    assert "é" not in log


@plain
def test_named_servers_are_used_instead_of_our_own(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with Supervisor(data, progress=lambda _line: None) as supervisor:
        start_local_servers(supervisor)
        assert processes_of(data) == []
