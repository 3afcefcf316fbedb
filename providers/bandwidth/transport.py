"""One HTTP exchange with Bandwidth, and what is certain about it when it fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from types import TracebackType

import requests
from requests.auth import AuthBase
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    NewConnectionError,
)

from providers import exchanges
from providers.bandwidth.answers import Answer
from providers.bandwidth.sessions import Session, Sessions
from providers.errors import AccountProblem, OutcomeUnknown, ProviderError, TemporaryFailure
from providers.outgoing import time_limit

# A server that hangs up on an idle connection just as a message leaves makes its outcome unknown:
# hang up before any server does.
IDLE_LIMIT = 20.0
ANSWER_LIMIT = 2 * 1024 * 1024
ANSWER_SECONDS = 30.0


class BodyTooLarge(TemporaryFailure):
    """The answer is longer than its caller will read."""


class _Endless(requests.RequestException):
    """The body goes on after what will be read of it."""


def after_fork(forget: Callable[[], None]) -> None:
    """Let forked workers start without their parent's sockets, tokens and locks."""
    os.register_at_fork(after_in_child=forget)


SESSIONS = Sessions()
after_fork(SESSIONS.forget)


def exchange(
    method: str,
    url: str,
    *,
    auth: AuthBase,
    timeout: tuple[float, float],
    account_key: Hashable,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    body: bytes | None = None,
    is_repeatable: bool,
    limit: int = ANSWER_LIMIT,
    seconds: float = ANSWER_SECONDS,
    secrets: Sequence[str] | None = None,
) -> Answer:
    """Make one request, once more only after a refused token.

    With `secrets` (to be blotted out, maybe none) it is noted in the recording of exchanges.

    Raises TemporaryFailure where nothing was sent or the request may be repeated anyway,
    OutcomeUnknown where it may have been carried out, AccountProblem for an unusable address, and
    BodyTooLarge for a repeatable request's endless answer.
    """
    with SESSIONS.one(account_key, url, idle_limit=IDLE_LIMIT) as session:
        return _exchange(
            session,
            method,
            url,
            auth=auth,
            timeout=timeout,
            headers=headers,
            params=params,
            body=body,
            is_repeatable=is_repeatable,
            limit=limit,
            seconds=seconds,
            secrets=secrets,
        )


def _exchange(
    session: Session,
    method: str,
    url: str,
    *,
    auth: AuthBase,
    timeout: tuple[float, float],
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    body: bytes | None,
    is_repeatable: bool,
    limit: int,
    seconds: float,
    secrets: Sequence[str] | None,
) -> Answer:
    for is_last in (False, True):
        response: requests.Response | None = None
        content = b""
        started = time.monotonic()
        deadline = started + sum(timeout) + seconds
        try:
            with time_limit(deadline):
                response = session.ask(
                    method,
                    url,
                    params=params or {},
                    headers=headers or {},
                    body=body,
                    auth=auth,
                    timeout=timeout,
                )
                forget = getattr(auth, "forget", None)
                if response.status_code == 401 and forget is not None and not is_last:
                    forget(response.request)
                    continue
                content = b"".join(_read(response, limit=limit, deadline=deadline))
            content = _without_credentials(content, response)
            return Answer(status=response.status_code, headers=response.headers, content=content)
        except ProviderError:
            secrets = None  # signing in failed: this request was not made
            raise
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            # A refusal counts even when its body is lost: the status has already said no.
            if response is not None and response.status_code >= 300:
                return Answer(status=response.status_code, headers=response.headers, content=b"")
            if isinstance(error, _Endless) and is_repeatable:
                raise BodyTooLarge("Bandwidth's answer is too long to be read.") from None
            was_sent = response is not None or not never_left(error)
            raise _meaning(error, was_sent=was_sent, is_repeatable=is_repeatable) from None
        finally:
            if response is not None:
                response.close()
            _note(method, url, body, response, content, started=started, secrets=secrets)
    raise AssertionError("unreachable")


def _note(
    method: str,
    url: str,
    body: bytes | None,
    response: requests.Response | None,
    content: bytes,
    *,
    started: float,
    secrets: Sequence[str] | None,
) -> None:
    if secrets is None:
        return
    exchanges.note(
        method,
        url,
        request=body,
        status=None if response is None else response.status_code,
        response=content,
        seconds=time.monotonic() - started,
        secrets=[*secrets, *_credentials(response)],
    )


def _credentials(response: requests.Response | None) -> list[str]:
    """Return what the request was signed in with, which an answer may repeat."""
    if response is None:
        return []
    header = response.request.headers.get("Authorization", "")
    value = header if isinstance(header, str) else header.decode("latin-1")
    return [value.partition(" ")[2]]


def _without_credentials(content: bytes, response: requests.Response) -> bytes:
    """Blot out what a refusal repeats of the request's header: people are shown its words."""
    if response.status_code < 300:
        return content
    for value in filter(None, _credentials(response)):
        content = content.replace(value.encode("latin-1"), "…".encode())
    return content


def _read(response: requests.Response, *, limit: int, deadline: float) -> Iterator[bytes]:
    """Yield the body as it arrives; read1 returns per packet, so a slow drip meets the deadline."""
    size = 0
    while chunk := response.raw.read1(65_536, decode_content=True):
        size += len(chunk)
        if size > limit:
            raise _Endless
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("too slow")
        yield chunk


_UNUSABLE_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    UnicodeError,
)


def _meaning(
    error: Exception, *, was_sent: bool, is_repeatable: bool
) -> AccountProblem | TemporaryFailure | OutcomeUnknown:
    # Of an answer's contradictory headers requests says the same as of a request's.
    is_of_answer = any(isinstance(cause, InvalidHeader) for cause in _causes(error))
    if isinstance(error, _UNUSABLE_ADDRESS) and not is_of_answer:
        return AccountProblem("The address or the credentials set for Bandwidth are unusable.")
    if not was_sent:
        return TemporaryFailure("Bandwidth could not be reached.")
    if is_repeatable:
        return TemporaryFailure("Bandwidth did not answer in time.")
    return OutcomeUnknown("The connection was lost before Bandwidth answered.")


def never_left(error: BaseException) -> bool:
    """Tell whether it is certain that no byte of the request reached a server.

    requests reports "could not connect" and "dropped after sending" both as ConnectionError; only
    urllib3's cause tells them apart. TLS failures look alike before and after sending too, but
    only one of them comes out of the handshake. In doubt: no.
    """
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return any(
        isinstance(cause, NewConnectionError | ConnectTimeoutError)
        or _passed_through(cause.__traceback__, "do_handshake")
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def _passed_through(traceback: TracebackType | None, function: str) -> bool:
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name == function:
            return True
        traceback = traceback.tb_next
    return False
