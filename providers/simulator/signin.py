"""The token endpoint, and who a request comes from."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from providers.simulator.behaviour import Behaviour
from providers.simulator.settings import SimulatedAccount
from providers.simulator.store import Store
from providers.simulator.web import Refused, Request, Response, as_json, error

_UNAUTHORIZED = error(401, "unauthorized", "Authentication Failed")
_FORBIDDEN = error(403, "forbidden", "Access Denied")


class SignIn:
    """Tokens given out, and the check of tokens and Basic credentials."""

    def __init__(self, store: Store, behaviour: Behaviour, *, lifetime: int) -> None:
        self._store = store
        self._behaviour = behaviour
        self._lifetime = lifetime
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def token_view(self, request: Request) -> Response:
        """Give out a token for a client ID and secret."""
        planned = self._behaviour.planned_failure("token")
        if planned is not None:
            return planned
        form = parse_qs(request.body.decode("utf-8", "replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return as_json({"error": "unsupported_grant_type"}, status=400)
        pair = _basic_pair(request)
        if not any(_is_client(account, pair) for account in self._accounts()):
            return as_json({"error": "invalid_client"}, status=401)
        token = self._issue(pair[0] if pair else "")
        return as_json(
            {"access_token": token, "token_type": "Bearer", "expires_in": self._lifetime}
        )

    def forget_tokens(self) -> None:
        """Refuse every token given out so far."""
        with self._lock:
            self._tokens.clear()

    def account_of(self, request: Request, account_id: str) -> SimulatedAccount:
        """Return the account in the path if the caller may use it.

        Raises Refused: 401 for credentials nobody has, 403 for somebody else's account.
        """
        is_caller = self._caller(request)
        own = [account for account in self._accounts() if is_caller(account)]
        if not own:
            raise Refused(_UNAUTHORIZED)
        for account in own:
            if account.account_id == account_id:
                return account
        raise Refused(_FORBIDDEN)

    def _caller(self, request: Request) -> Callable[[SimulatedAccount], bool]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            client_id = self._client_of(token.strip())
            return lambda account: bool(client_id) and account.client_id == client_id
        pair = _basic_pair(request)
        return lambda account: _is_user(account, pair)

    def _accounts(self) -> list[SimulatedAccount]:
        with self._store.lock:
            return list(self._store.accounts.values())

    def _issue(self, client_id: str) -> str:
        now = time.time()
        claims = {"sub": client_id, "iat": int(now), "exp": int(now) + self._lifetime}
        parts = [{"alg": "HS256", "typ": "JWT"}, claims, secrets.token_hex(16)]
        token = ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in parts
        )
        with self._lock:
            self._tokens[token] = (client_id, now + self._lifetime)
        return token

    def _client_of(self, token: str) -> str:
        with self._lock:
            client_id, expires_at = self._tokens.get(token, ("", 0.0))
        return client_id if expires_at > time.time() else ""


def _basic_pair(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (username, password) if colon else None


def _is_user(account: SimulatedAccount, pair: tuple[str, str] | None) -> bool:
    return _is_same(pair, account.username, account.password)


def _is_client(account: SimulatedAccount, pair: tuple[str, str] | None) -> bool:
    return _is_same(pair, account.client_id, account.client_secret)


def _is_same(pair: tuple[str, str] | None, name: str, secret: str) -> bool:
    if pair is None or not name:
        return False
    return hmac.compare_digest("\0".join(pair).encode(), f"{name}\0{secret}".encode())
