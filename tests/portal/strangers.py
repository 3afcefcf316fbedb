"""Acme's things by name, and asking for them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.test import Client

from tests.portal.addresses import Address, Samples

# Keys that nobody's row has.
_NOBODYS: dict[type, object] = {
    int: 987654321,
    str: "nobodys-own",
    uuid.UUID: uuid.UUID(int=987654321),
}
_SETTINGS = 1  # the key of what each tenant has one of
# What differs from one page to the next of the same.
_BY_PAGE = re.compile(
    r'csrfmiddlewaretoken" value="\w+|nonce="[^"]+|"X-CSRFToken[^}]+|/events/[\w:-]+'
)


def ask(client: Client, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    """Ask as programs do below an API, as forms do elsewhere."""
    if method == "get":
        return client.get(path, body or {})
    if "/api/v1/" in path:
        told = json.dumps(body or {})
        return getattr(client, method)(path, told, content_type="application/json")
    return getattr(client, method)(path, body or {})


def names_a_row(address: Address, samples: Samples) -> bool:
    """Tell whether the address takes the key of a row that the samples have."""
    keys = samples.of(address.path)
    return bool(keys) and nobodys(samples).of(address.path) != keys


def nobodys(samples: Samples) -> Samples:
    """Return keys of the same kinds that no row has."""
    return Samples(
        by_model=_others(samples.by_model),
        by_resource=_others(samples.by_resource),
        by_parameter=samples.by_parameter
        | _others({n: k for n, k in samples.by_parameter.items() if n.endswith("_id")}),
    )


def _others(keys: Mapping[str, object]) -> dict[str, object]:
    return {
        name: key if key == _SETTINGS else _NOBODYS.get(type(key), key)
        for name, key in keys.items()
    }


def text_of(answer: Any) -> str:
    """Read an answer whole, but for what differs each time."""
    body = answer.getvalue() if answer.streaming else answer.content
    return _BY_PAGE.sub("", body.decode("utf-8", "replace") + answer.get("Location", ""))


def said(answer: Any, canaries: Iterable[str]) -> list[str]:
    """Name what an answer tells that it must not."""
    text = text_of(answer)
    return [canary for canary in canaries if canary in text]
