"""The bench reads its load generators right, judges by its goals, and makes the rows it claims."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count

from config.bench import data, posts, tables
from config.bench.doors import door
from config.bench.figures import Figure, Goal, Judged, number, percentile
from config.bench.programs import read_pgbench, read_wrk
from config.bench.run import NotMeasured, Run
from messaging.models import Conversation, Message, ReadMark

WRK = """\
Running 4s test @ http://127.0.0.1:18700/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.53ms  700.00us  20.00ms   88.00%
  Latency Distribution
     50%    1.34ms
     75%    1.90ms
     90%    2.40ms
     99%  800.00us
  80040 requests in 4.00s, 14.00MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 7
Requests/sec:  20010.12
Transfer/sec:      3.50MB
"""


def figure(key: str = "speed", **fields: object) -> Figure:
    return Figure(**{"key": key, "title": "Speed", "unit": "per s", "values": (1.0,), **fields})  # type: ignore[arg-type]


def a_run(data: Path, *, seconds: float) -> Run:
    ends_at = time.monotonic() + seconds
    return Run(
        repeats=2,
        is_quick=True,
        data=data,
        env={},
        kept_env={},
        ends_at=ends_at,
        part_ends_at=ends_at,
    )


@pytest.mark.django_db
def test_rows_are_made_as_asked(monkeypatch, acme, inside) -> None:
    with inside(acme):
        monkeypatch.setattr(data, "_without_indexes", connection.cursor)
        people = data._people(acme)
        data._fill(people, conversations=500, messages=9_000)
        sizes = Message.objects.values("conversation").annotate(n=Count("pk"))
        assert Message.objects.count() == 9_000
        assert Conversation.objects.count() == sizes.count() == 500
        assert max(row["n"] for row in sizes) > 17
        assert not Conversation.objects.filter(last_text="").exists()
        assert ReadMark.objects.filter(user=people[1]).exists()


@pytest.mark.django_db
def test_the_benchs_people_are_made_once(acme, inside) -> None:
    with inside(acme):
        data._people(acme)
        data._people(acme)
        assert acme.memberships.filter(user__email__endswith="@bench.example").count() == 2


def test_percentiles_are_values_that_were_met() -> None:
    assert percentile([float(n) for n in range(1, 31)], 50) == 15
    assert percentile([float(n) for n in range(1, 31)], 95) == 29
    assert percentile([3.0], 99) == 3


@pytest.mark.parametrize(
    ("value", "written"), [(20010.12, "20,010"), (0.6123, "0.612"), (14.26, "14.3"), (0, "0")]
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_a_ratio_is_of_each_repeats_own_yardstick() -> None:
    noisy = figure(
        values=(10.0, 4.0, 20.0),
        yardstick=(20.0, 8.0, 25.0),
        judged=Judged.RATIO,
        goal=Goal(at_least=0.6),
    )
    assert noisy.ratios == (0.5, 0.5, 0.8)
    assert noisy.score == 0.5
    assert noisy.mark == "MISSED"


@pytest.mark.parametrize(
    ("goal", "mark"),
    [
        (None, ""),
        (Goal(at_most=2), "ok"),
        (Goal(at_least=1, at_most=1.2), "ok"),
        (Goal(at_least=9), "MISSED"),
    ],
)
def test_goals_are_bounds(goal: Goal | None, mark: str) -> None:
    assert figure(goal=goal).mark == mark


def test_wrks_report_is_read() -> None:
    load = read_wrk(WRK)
    assert (load.answers, load.refusals, load.per_second) == (80040, 10, 20010.12)
    assert (load.p50_ms, load.p99_ms) == (1.34, 0.8)


def test_pgbenchs_report_is_read() -> None:
    assert read_pgbench("latency average = 1.2 ms\ntps = 25034.19 (without initial)\n") == 25034.19


def test_a_report_without_figures_is_no_figure() -> None:
    with pytest.raises(NotMeasured):
        read_wrk("unable to connect to 127.0.0.1:18700 Connection refused")


def test_the_table_shows_missed_goals_and_missing_parts() -> None:
    shown = tables.terminal([figure(goal=Goal(at_least=2))], {"live": "no free port"})
    assert "MISSED" in shown
    assert "live: not measured: no free port" in shown


def test_results_keep_all_repeats() -> None:
    found = tables.document(
        [figure(values=(1.0, 3.0, 2.0), goal=Goal(at_least=9))], {}, {"cores": 2}
    )
    assert found["speed"] == 2
    assert found["missed"] == ["speed"]
    assert found["goals"]["speed"] == {"goal": "≥ 9", "measured": 2, "met": False}
    assert found["repeats"]["speed"]["values"] == [1, 3, 2]


def test_requests_are_as_long_as_they_say_once_filled_in(tmp_path) -> None:
    posts.write_requests(tmp_path / "requests", [door(1), door(2)])
    first, second = (tmp_path / "requests").read_bytes().split(b"\x1e")
    assert door(2).path.encode() in second
    filled = first.replace(b"\x1f", b"0" * 29, 1).replace(b"\x1f", b"0300", 1)
    head, _, body = filled.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    event = json.loads(body)[0]
    assert event["message"]["from"] == "+15125550300"
    assert 690 < len(body) < 710


@pytest.mark.parametrize("write", [posts.body, posts.receipt])
def test_what_tells_events_apart_is_found_again(write) -> None:
    known = posts.identity_of(write(door(1).number, message_id="abc", customer="0042"))
    assert (known.message_id, known.number) == ("abc", door(1).number)
    assert known.customer == "+15125550042"


def test_a_yardstick_of_nought_judges_nothing() -> None:
    assert not figure(yardstick=(0.0,), judged=Judged.RATIO).is_sound
    assert figure(yardstick=(0.0,)).is_sound


def test_legs_take_turns(tmp_path) -> None:
    calls: list[str] = []
    legs = [lambda n: calls.append(f"a{n}"), lambda n: calls.append(f"b{n}")]
    a_run(tmp_path, seconds=60).interleaved(legs)
    assert calls == ["a0", "b0", "a1", "b1"]


def test_no_repeat_is_begun_that_the_parts_time_does_not_hold(tmp_path) -> None:
    calls: list[int] = []
    a_run(tmp_path, seconds=-1).interleaved([calls.append])
    assert calls == [0]
