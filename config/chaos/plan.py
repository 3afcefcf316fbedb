"""What happens in one run and when, all of it from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Kill(StrEnum):
    """What is ended by SIGKILL."""

    WEB_WORKER = "web worker"
    WEB_SERVER = "web server"
    WORKER = "worker"
    OTHER_WORKER = "other worker"
    SLOW_WORKER = "slow worker"
    BEAT = "beat"
    VALKEY = "valkey"
    VALKEY_WITH_DATA = "valkey with its data"
    POSTGRES = "postgres"
    CONNECTION = "database connection"
    EVERYTHING = "everything at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A program that is killed, and how long it stays away."""

    at: float
    kill: Kill
    away: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """The files' disk has no room from here on, for a while."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How the carrier behaves from here on; the names are the stand-in's switches."""

    at: float
    chances: dict[str, float] = field(default_factory=dict)
    duplicate: bool = False
    reorder: bool = False
    callback_delay: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run."""

    seed: int
    seconds: float
    strikes: Sequence[Strike]
    full: Sequence[Full]
    weather: Sequence[Weather]
    texts_per_second: float = 10.0
    sends_per_second: float = 8.0
    companies: int = 4


_PAUSE = (2.0, 5.0)  # between two strikes
_LONGEST_AWAY = 4.0
_WEATHER_LASTS = (4.0, 10.0)
# By the stand-in's magic numbers: refused as too many or by a fault, answered too late, dropped
# after it was taken with and without receipts to follow, and dropped before.
_FATES = ("0429", "0500", "0408", "0499", "0498", "0497")
_WORST = 0.12  # of messages that meet one fate


def plan(seed: int, *, seconds: float, only: Sequence[Kill] = ()) -> Plan:
    """Choose everything; every kind of kill comes before any comes twice.

    `only`: to find a cause, nothing but these befalls the portal, and the carrier behaves.
    """
    random = Random(seed)  # noqa: S311  # misfortune is no secret
    return Plan(
        seed=seed,
        seconds=seconds,
        strikes=_strikes(random, seconds, only),
        full=[] if only else _full(random, seconds),
        weather=[] if only else _weather(random, seconds),
    )


def _strikes(random: Random, seconds: float, only: Sequence[Kill]) -> list[Strike]:
    # Last of all the power goes: whatever was in anybody's hands is nobody's then.
    kinds = only or [kind for kind in Kill if kind is not Kill.EVERYTHING]
    strikes: list[Strike] = []
    bag: list[Kill] = []
    at = random.uniform(*_PAUSE)
    while at < seconds:
        if not bag:
            bag = random.sample(kinds, len(kinds))
        strikes.append(Strike(at=at, kill=bag.pop(), away=random.uniform(0, _LONGEST_AWAY)))
        at += random.uniform(*_PAUSE)
    return [*strikes, Strike(at=seconds, kill=Kill.EVERYTHING, away=0)]


def _full(random: Random, seconds: float) -> list[Full]:
    third = seconds / 3
    return [
        Full(at=start + random.uniform(0, third / 2), seconds=random.uniform(third / 5, third / 2))
        for start in (0.0, third * 1.5)
    ]


def _weather(random: Random, seconds: float) -> list[Weather]:
    weather = []
    at = 0.0
    while at < seconds:
        bad = random.sample(_FATES, random.randint(0, 3))
        weather.append(
            Weather(
                at=at,
                chances={fate: round(random.uniform(0.01, _WORST), 3) for fate in bad},
                duplicate=random.random() < 0.4,
                reorder=random.random() < 0.4,
                callback_delay=round(random.uniform(0.0, 1.5), 2),
            )
        )
        at += random.uniform(*_WEATHER_LASTS)
    return weather
