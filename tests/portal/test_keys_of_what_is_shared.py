"""Cache and Valkey are all tenants' together: each key says whose it is, or that it is nobody's.

Read from the code: a new use of either fails here until it is said what its keys hold.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from messaging import queue
from messaging.pacing.limits import campaign_of
from tenants.models import PhoneNumber

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "messaging", "providers", "tenants")
# What makes a key a tenant's own, or one API key's.
OWNERS = ("tenant.pk", "schema", "request.auth.pk")
# Modules that speak to Valkey past the cache, with what their keys and channels are made of.
VALKEY = {
    "config/cache.py": "the cache itself",
    "config/embedded/valkey.py": "starts one",
    "config/bench/live.py": "publishes hints, by schema",
    "config/health.py": "asks whether it answers",
    "config/hints.py": "hears hints, by schema",
    "messaging/endings.py": "ends hints, by schema and person",
    "messaging/hint_tokens.py": "names the channels, by database and schema",
    "messaging/live.py": "publishes hints, by schema",
    "messaging/pacing/buckets.py": "limits, whose names hold the schema",
    "messaging/queue.py": "bells, by schema",
    "providers/bell.py": "the bell of the webhook inbox, which is everybody's",
    "providers/door_news.py": "hashes of webhook addresses",
    "providers/valkey.py": "opens connections",
}


@cache
def _modules() -> list[tuple[str, ast.Module]]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    said = ("cache", "redis", "valkey")
    return [(n, ast.parse(t)) for n, t in sorted(texts.items()) if any(word in t for word in said)]


def _imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{each.name}" for each in node.names} | {str(node.module)}
    return found


def _made_of(key: ast.expr, tree: ast.Module) -> str:
    """Write out what a key is made of, where a variable or a function of the module says it."""
    text = ast.unparse(key)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == text:
            text += ast.unparse(node.value)
        elif (
            isinstance(node, ast.FunctionDef)
            and isinstance(key, ast.Call)
            and node.name == ast.unparse(key.func)
        ):
            text += ast.unparse(node)
    return text


def test_every_key_of_the_cache_names_its_tenant() -> None:
    keys: dict[str, str] = {}
    for name, tree in _modules():
        if "django.core.cache.cache" not in _imported(tree):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("cache."):
                assert node.args, f"{name}:{node.lineno} names no key"
                keys[f"{name}:{node.lineno}"] = _made_of(node.args[0], tree)

    assert {at: key for at, key in keys.items() if not any(o in key for o in OWNERS)} == {}
    assert len(keys) >= 6


def test_the_cache_is_used_by_no_other_way() -> None:
    ways = ("django.views.decorators.cache.cache_page", "django.core.cache.caches")
    used = {name: _imported(tree) & set(ways) for name, tree in _modules()}
    assert {name: way for name, way in used.items() if way} == {}


def test_whoever_speaks_to_valkey_says_what_its_keys_are() -> None:
    doors = {"redis", "redis.asyncio", "providers.valkey.impatient", "redis.exceptions"}
    speaking = {name for name, tree in _modules() if _imported(tree) & doors}
    assert speaking == set(VALKEY), sorted(speaking ^ set(VALKEY))


@pytest.mark.parametrize("campaign", ["", "CABC123"])
def test_two_tenants_of_one_name_share_neither_bell_nor_pace(campaign: str) -> None:
    phone = PhoneNumber(number="+19195550101", campaign_id=campaign)
    paces = {campaign_of(phone, f"{schema}:{phone.number}") for schema in ("t_acme", "t_globex")}
    bells = {queue._RUNG.format(schema, queue.DELIVER) for schema in ("t_acme", "t_globex")}
    assert len(paces) == len(bells) == 2
