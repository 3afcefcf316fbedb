"""Signing in to Bandwidth: OAuth 2.0 client credentials, and Basic until Bandwidth ends it."""

from __future__ import annotations

import copy
import hashlib
import math
import threading
import time
from dataclasses import dataclass

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from providers.bandwidth import transport
from providers.bandwidth.answers import Answer
from providers.errors import AccountProblem, ProviderError, TemporaryFailure
from providers.types import Account, AuthMethod

# Bandwidth's own clients renew a minute early and assume an hour when no lifetime is given.
RENEW_EARLY = 60.0
USUAL_LIFETIME = 3600.0


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    renew_at: float


class TokenCache:
    """Access tokens of this process; one thread fetches while the others of its client wait."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, held locks included: a forked worker starts with this."""
        self._tokens: dict[tuple[str, str, str], _Token] = {}
        self._failures: dict[tuple[str, str, str], tuple[float, ProviderError]] = {}
        self._locks: dict[tuple[str, str, str], threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, auth: OAuth2) -> str:
        """Return a token that is good for a while yet, fetching one if need be.

        Raises AccountProblem or TemporaryFailure.
        """
        asked_at = time.monotonic()
        with self._guard:
            lock = self._locks.setdefault(auth.key, threading.Lock())
        with lock:
            token = self._tokens.get(auth.key)
            if token is None or token.renew_at <= time.monotonic():
                token = self._fetch(auth, asked_at=asked_at)
            return token.value

    def _fetch(self, auth: OAuth2, *, asked_at: float) -> _Token:
        failed_at, failure = self._failures.get(auth.key, (-math.inf, None))
        # Whoever waited for it has its answer: a hundred that tried anew, one behind the other,
        # would wait for longer than their messages are theirs.
        if failure is not None and failed_at > asked_at:
            raise copy.copy(failure)
        try:
            token = auth.fetch()
        except ProviderError as error:
            self._failures[auth.key] = time.monotonic(), copy.copy(error)
            raise
        self._failures.pop(auth.key, None)
        self._tokens[auth.key] = token
        return token

    def drop(self, auth: OAuth2, value: str) -> None:
        """Forget a refused token, unless another thread has renewed it already."""
        with self._guard:
            token = self._tokens.get(auth.key)
            if token is not None and token.value == value:
                del self._tokens[auth.key]


TOKENS = TokenCache()
transport.after_fork(TOKENS.clear)


class OAuth2(AuthBase):
    """Bearer token of a client ID and secret, fetched when first needed."""

    def __init__(
        self, *, client_id: str, secret: str, token_url: str, timeout: tuple[float, float]
    ) -> None:
        self.token_url = token_url
        self.client_id = client_id
        self._secret = secret
        self._timeout = timeout
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        self.key = (token_url, client_id, digest)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {TOKENS.get(self)}"
        return request

    def forget(self, request: requests.PreparedRequest) -> None:
        """Drop the token a refused request carried."""
        TOKENS.drop(self, str(request.headers.get("Authorization", "")).removeprefix("Bearer "))

    def fetch(self) -> _Token:
        """Ask for a token.

        Raises AccountProblem or TemporaryFailure.
        """
        answer = transport.exchange(
            "POST",
            self.token_url,
            auth=basic(self.client_id, self._secret),
            timeout=self._timeout,
            account_key=self.key,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=b"grant_type=client_credentials",
            is_repeatable=True,
        )
        if answer.status in {400, 401, 403}:
            raise AccountProblem(
                "Bandwidth does not know this client ID or the secret is wrong.",
                error_code=f"http-{answer.status}",
            )
        if answer.status in {408, 429} or answer.status >= 500:
            raise TemporaryFailure(
                f"Bandwidth cannot sign us in at the moment (HTTP {answer.status}).",
                error_code=f"http-{answer.status}",
                retry_after=answer.retry_after,
            )
        if not answer.is_success:
            raise AccountProblem(
                f"The address set for Bandwidth's sign-in is wrong (HTTP {answer.status}).",
                error_code=f"http-{answer.status}",
            )
        return _read_token(answer)


def _read_token(answer: Answer) -> _Token:
    body = answer.object()
    value, lifetime = body.get("access_token"), body.get("expires_in")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise TemporaryFailure("Bandwidth's sign-in gave an answer that cannot be read.")
    if not value or " " in value:
        raise TemporaryFailure("Bandwidth's sign-in gave an answer that cannot be read.")
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float):
        lifetime = USUAL_LIFETIME
    if not math.isfinite(lifetime) or lifetime <= 0:
        lifetime = USUAL_LIFETIME
    lifetime = min(lifetime, 86_400)
    return _Token(value, time.monotonic() + max(lifetime - RENEW_EARLY, lifetime / 2))


def basic(username: str, password: str) -> HTTPBasicAuth:
    """Sign in with UTF-8 credentials; requests itself can only encode Latin-1."""
    return HTTPBasicAuth(
        username.encode("utf-8", "surrogatepass"), password.encode("utf-8", "surrogatepass")
    )


def sign_in(account: Account, *, token_url: str, timeout: tuple[float, float]) -> AuthBase:
    """Choose the sign-in the account is set up for."""
    if account.auth_method is AuthMethod.OAUTH2:
        return OAuth2(
            client_id=account.username,
            secret=account.password,
            token_url=token_url,
            timeout=timeout,
        )
    return basic(account.username, account.password)
