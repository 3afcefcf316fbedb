"""Making hostile webhook bodies of the carrier's own: the same seed makes the same ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from config import local

SAMPLES = local.REPOSITORY / "tests" / "providers" / "payloads" / "bandwidth" / "webhooks"

_ODD: Sequence[Any] = (
    *(None, True, 0, -1, 17, 10**30, 1.5, float("nan"), float("inf"), 1e-320),
    *(
        "",
        "\0",
        "a\0b",
        "\ud800",
        "x\udfffy",
        "é",
        "👋",
        "\u202e",
        "x" * 5000,
        "0" * 300,
        " ",
        "\r\n",
    ),
    *("+19195550101", "message-received", "message-failed", "in", "out", "1970-01-01", "9" * 40),
    *("https://x.example/a", "javascript:alert(1)", "=1+1", "<script>", "../../etc/passwd"),
    *([], {}, [[]], [None], [{}], {"": ""}, {"id": {}}, [[[[[[[[[]]]]]]]]]),
)
_KEYS = ("type", "to", "message", "id", "owner", "from", "text", "media", "time", "errorCode")
_ENDS = (b"", b" ", b"\n", b",", b"]", b"}", b"\0", b"null", b"\xff", b"[]")


@dataclass(frozen=True, slots=True)
class Mixed:
    """Body of several events, of which these are good."""

    body: bytes
    good: Sequence[dict[str, Any]]


class Maker:
    """Bodies by chance, made of what the carrier really sends."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._made = 0

    def body(self) -> bytes:
        """Make a body that may be anything."""
        way: Callable[[], bytes] = self._random.choice(
            (self._changed, self._changed, self._broken, self._noise, self._written_oddly)
        )
        return way()

    def body_like(self, body: bytes) -> bytes:
        """Change a body's events where it is JSON, or make another."""
        try:
            return self._encoded(self._mutated(json.loads(body)))
        except (ValueError, RecursionError):  # no JSON, or too deep to be copied
            return self.body()

    def changed(self, event: Any) -> Any:
        """Change some of an event's fields, or none."""
        return self._mutated(event)

    def mixed(self) -> Mixed:
        """Make an array in which good events stand among bad ones."""
        good = [self._good() for _ in range(self._random.randint(1, 4))]
        bad = [self._bad() for _ in range(self._random.randint(1, 6))]
        events = [*good, *bad]
        self._random.shuffle(events)
        # Valid UTF-8: elsewhere the body is no JSON, and refused as a whole.
        body = json.dumps(events, ensure_ascii=self._random.random() < 0.5)
        return Mixed(body.encode(errors="replace"), good)

    def _good(self) -> dict[str, Any]:
        event: dict[str, Any] = self._random.choice(_GOOD)
        self._made += 1
        name = f"fuzz-{self._random.getrandbits(48):x}-{self._made}"
        return {**event, "message": {**event["message"], "id": name}}

    def _bad(self) -> Any:
        return self._random.choice(
            (self._odd, lambda: self._mutated(self._random.choice(_EVENTS)))
        )()

    def _odd(self) -> Any:
        return copy.deepcopy(self._random.choice(_ODD))

    def _changed(self) -> bytes:
        events = [self._mutated(event) for event in self._some()]
        return self._encoded(events[0] if self._random.random() < 0.2 else events)

    def _some(self) -> list[Any]:
        return self._random.choices(_EVENTS, k=self._random.choice((1, 1, 1, 2, 3, 20)))

    def _mutated(self, event: Any) -> Any:
        whole = [copy.deepcopy(event)]
        for _ in range(self._random.choice((0, 1, 1, 2, 5))):
            self._mutate(whole)
        return whole[0]

    def _mutate(self, whole: list[Any]) -> None:
        holder, key = self._place(whole)
        match self._random.randrange(5):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[self._random.choice(_KEYS)] = holder[key]
            case 2:
                holder[key] = [holder[key]] * self._random.randint(0, 3)
            case 3 if isinstance(holder[key], str):
                at = self._random.randint(0, len(holder[key]))
                holder[key] = holder[key][:at] + str(self._odd()) + holder[key][at:]
            case _:
                holder[key] = self._odd()

    def _place(self, whole: list[Any]) -> tuple[Any, Any]:
        """Choose a value anywhere in it, by what holds it."""
        holder, key = whole, 0
        while isinstance(holder[key], dict | list) and holder[key] and self._random.random() < 0.75:
            holder = holder[key]
            key = self._random.choice(
                list(holder) if isinstance(holder, dict) else range(len(holder))
            )
        return holder, key

    def _encoded(self, value: Any) -> bytes:
        text = json.dumps(
            value,
            ensure_ascii=self._random.random() < 0.5,
            indent=1 if self._random.random() < 0.05 else None,
        )
        mark = b"\xef\xbb\xbf" if self._random.random() < 0.02 else b""
        return mark + text.encode("utf-8", "surrogatepass")

    def _broken(self) -> bytes:
        body = bytearray(self._changed())
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(len(body) + 1)
            match self._random.randrange(4):
                case 0:
                    del body[at:]
                case 1:
                    body[at:at] = self._random.randbytes(self._random.randint(1, 4))
                case 2:
                    del body[at : at + self._random.randint(1, 30)]
                case _:
                    body[at : at + 1] = self._random.choice(b'"\\{}[]:,0e-.\0\x80').to_bytes()
        return bytes(body)

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.choice((0, 1, 3, 40, 700)))

    def _written_oddly(self) -> bytes:
        """Write what no encoder writes: keys twice, nests, escapes, long numbers, two bodies."""
        r = self._random
        event = self._encoded(r.choice(_EVENTS))
        deep = r.choice((2, 60, 99, 101, 900, 990, 1200, 5000))
        return r.choice(
            (
                event[:-1] + b',"type":"message-read","message":{"id":"twice"}}',
                b"[" * deep + event + b"]" * deep,
                b'{"message":' * deep + b"1" + b"}" * deep,
                event.replace(b'"type"', b'"\\u0074ype"'),
                b'[{"type":"x","message":{"id":' + b"9" * r.choice((20, 4000, 9000)) + b"}}]",
                b"[" + b",".join([event] * r.choice((2, 65, 1001))) + b"]",
                event + r.choice(_ENDS),
                r.choice(_ENDS) + event,
            )
        )


def _events() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(SAMPLES.glob("*.json")):
        body = json.loads(path.read_bytes())
        found += body if isinstance(body, list) else [body]
    return found


_EVENTS = _events()
_GOOD = [event for event in _EVENTS if isinstance(event.get("message"), dict)]
