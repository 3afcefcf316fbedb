"""What the intake answers, as bytes, and what it answers before a webhook's own rules are asked."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from providers import intake
from providers.intake import Answer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

MALFORMED = intake.answer(400, "The request is not HTTP as it should be.")
ENDED_EARLY = intake.answer(400, "The body ended early.")
TOO_LATE = intake.answer(408, "The body did not come in time.")
NOT_EXPECTED = intake.answer(417, "Only 100-continue may be expected.")
LONG_HEAD = intake.answer(431, "The headers are too long.")
FAILED = intake.answer(500, "Not stored, please send again.")
FULL = intake.answer(503, "Not stored, please send again.", ("Retry-After", "5"))


def plain(status: int, text: str) -> Answer:
    """Say something to a machine or a passer-by."""
    body = text.encode()
    length = ("Content-Length", str(len(body)))
    return Answer(status, (("Content-Type", "text/plain; charset=utf-8"), length), body)


HEALTHY = plain(200, "ok")
NOT_FOUND = plain(404, "Not found")


def written(answer: Answer, date: bytes, *, is_last: bool, is_head: bool) -> bytes:
    """Write the answer; `date` is a whole line."""
    first, rest = _around_the_date(answer, is_last, is_head)
    return first + date + rest


@lru_cache(maxsize=200)
def _around_the_date(answer: Answer, is_last: bool, is_head: bool) -> tuple[bytes, bytes]:  # noqa: FBT001  # cached by place
    first = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
    lines = [f"{name}: {value}\r\n" for name, value in answer.headers]
    if is_last:
        lines.append("Connection: close\r\n")
    rest = "".join([*lines, "\r\n"]).encode("latin-1")
    return first.encode(), rest if is_head else rest + answer.body
