"""A page begins when its body is there; what is too large, or never comes, keeps nobody's place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from config import page_bodies
from config.wsgi import application
from providers.places import Places

LOGIN = "/accounts/login/"
FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}


class Drips(io.BytesIO):
    """A body of which each read brings a few bytes, and which tells how much was asked of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(min(size or 0, 7))
        self.taken += len(piece)
        return piece


def ask(path: str, stream: io.BytesIO, length: int, **more: str) -> Any:
    said: list[Any] = []
    environ = Client()._base_environ(
        PATH_INFO=path,
        REQUEST_METHOD="POST",
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": stream},
        **{**FORM, **more},
    )
    body = b"".join(application(environ, lambda *start: said.extend(start)))
    return int(said[0][:3]), dict(said[1]), body


@pytest.mark.parametrize(
    ("path", "length", "expected"),
    [
        (LOGIN, 10_000_000, (413, 0)),
        ("/api/v1/tenants/", 10_000_000, (413, 0)),
        ("/t/acme/api/v1/messages/", 10_000_000, (413, 0)),
        ("/t/acme/inbox/1/send/", 10_000_000, (413, 0)),
        ("/t/acme/inbox/upload/", 22 * 1024 * 1024 + 1, (413, 0)),
        ("/t/acme/api/v1/media/", 10**12, (413, 0)),
        ("/t/acme/inbox/upload/", 10_000_000, (400, 21)),
        ("/t/acme/api/v1/media/", 20_000_000, (400, 21)),
    ],
)
def test_what_a_page_does_not_take_is_refused_unread(
    path: str, length: int, expected: tuple[int, int]
) -> None:
    stream = Drips(b"x" * 21)
    status, _, _ = ask(path, stream, length)
    # What is not refused is read, and ends early here.
    assert (status, stream.taken) == expected


def test_a_page_is_refused_at_once_where_too_many_bodies_do_not_come(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(1)
    monkeypatch.setattr(page_bodies, "_waiting", places)
    stream = Drips(b"login=a")
    with places:
        status, headers, _ = ask(LOGIN, stream, 7)
        assert (status, headers["Retry-After"], stream.taken) == (503, "5", 0)
        assert Client().get(LOGIN).status_code == 200
    assert ask(LOGIN, stream, 7)[0] in (200, 403)  # the page's own word: a token is missing
    with places:
        pass


@pytest.mark.parametrize("size", [3, 1_500_000], ids=["small", "in a file"])
def test_a_page_gets_its_body_to_the_last_byte(size: int) -> None:
    def echo(environ: Any, start_response: Any) -> list[bytes]:
        return [environ["wsgi.input"].read()]

    sent = bytes(range(256)) * (size // 256 + 1)
    stream = io.BytesIO(sent + b"the next request")
    environ = {"CONTENT_LENGTH": str(len(sent)), "PATH_INFO": LOGIN, "wsgi.input": stream}
    assert page_bodies.answer(echo, environ, print) == [sent]


@pytest.mark.parametrize("written", ["", "0", "-1", "x", "²", "1e3"])
def test_without_a_length_nothing_is_read(written: str) -> None:
    stream = Drips(b"xxx")
    environ = {"CONTENT_LENGTH": written, "PATH_INFO": LOGIN, "wsgi.input": stream}
    assert page_bodies.answer(lambda *_: [b"page"], environ, print) == [b"page"]
    assert not stream.taken
