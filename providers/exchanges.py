"""Records of requests to a carrier and its answers, without what is nobody's business.

Adapters note each exchange; whoever wants to know opens a recording around the call. Texts and
secrets are taken out here, before a record leaves the adapter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

ANSWER_LIMIT = 2000
REQUEST_LIMIT = 4000
_ADDRESS_LIMIT = 300
# Longer bodies are told by their size: nothing of ours or of a carrier's comes near.
_READABLE = 64 * 1024
_SECRET_FIELDS = {"access_token", "refresh_token", "client_secret", "password", "secret", "token"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer; `status` None = no answer came."""

    method: str
    address: str
    request: str
    status: int | None
    response: str
    milliseconds: int


_recording: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


@contextmanager
def recording() -> Iterator[list[Exchange]]:
    """Collect the exchanges that are made inside the block, by this thread."""
    exchanges: list[Exchange] = []
    token = _recording.set(exchanges)
    try:
        yield exchanges
    finally:
        _recording.reset(token)


def note(
    method: str,
    url: str,
    *,
    request: bytes | None,
    status: int | None,
    response: bytes,
    seconds: float,
    secrets: Iterable[str] = (),
) -> None:
    """Add an exchange to the recording, if there is one; `secrets` are blotted out of it."""
    exchanges = _recording.get()
    if exchanges is None:
        return
    hidden = list(secrets)
    # A carrier's complaint may repeat what it complains of.
    repeated = [text for text in _texts(request or b"") if len(text) > 3]
    exchanges.append(
        Exchange(
            method=method[:8],
            address=_blotted(address_of(url), hidden)[:_ADDRESS_LIMIT],
            request=_blotted(redacted(request or b""), hidden)[:REQUEST_LIMIT],
            status=status,
            response=_blotted(redacted(response), [*hidden, *repeated])[:ANSWER_LIMIT],
            milliseconds=round(seconds * 1000),
        )
    )


def address_of(url: str) -> str:
    """Return the URL without its query, fragment and credentials."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(unusable address)"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def redacted(body: bytes, *, indent: int | None = None) -> str:
    """Write a JSON body with each text's length in the place of the text; others by their size."""
    if not body:
        return ""
    content = _decoded(body)
    if not isinstance(content, dict | list):
        return f"({len(body)} bytes)"
    written = json.dumps(_without_texts(content), indent=indent, ensure_ascii=False)
    return written.encode("utf-8", "replace").decode()  # no database takes lone surrogates


def _decoded(body: bytes) -> Any:
    if len(body) > _READABLE:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _without_texts(value: Any, name: str = "") -> Any:
    if name == "text" and isinstance(value, str):
        return f"({len(value)} characters)"
    if name.lower() in _SECRET_FIELDS:
        return "…"
    if isinstance(value, dict):
        return {key: _without_texts(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_texts(inner, name) for inner in value]
    return value


def _texts(body: bytes) -> list[str]:
    """Return the request's text in all the ways a JSON answer may quote it, longest first."""
    content = _decoded(body)
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str):
        return []
    forms = {text}
    for _ in range(2):  # quoted, and quoted with the whole request
        forms |= {json.dumps(form, ensure_ascii=a)[1:-1] for form in forms for a in (True, False)}
    return sorted(forms, key=len, reverse=True)


def _blotted(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        if secret:
            text = text.replace(secret, "…")
    return text
