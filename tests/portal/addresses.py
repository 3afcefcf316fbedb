"""Every address of the product, read from its URL tables, and a furnished tenant to ask them of."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

from tenants.models import Tenant, User

PUBLIC, TENANT = "config.urls_public", "config.urls_tenant"
_MODEL = re.compile(r"^(?:system/)?(?P<model>[a-z]+/[a-z]+)/%\(object_id\)s")
_RESOURCE = re.compile(r"^api/v1/(?P<resource>[a-z-]+)/%\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One route: its path with %(name)s where an object stands."""

    path: str
    name: str
    methods: tuple[str, ...] = field(default=("get", "post"), compare=False)

    def __str__(self) -> str:
        return self.path or "(root)"

    def filled(self, samples: Samples) -> str:
        """Put a furnished object's keys into the path; "1" where there is none."""
        return self.path % samples.of(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A tenant, one person of each role in it, and the admin of another."""

    tenant: Tenant
    system_admin: User
    admin: User
    extension_user: User
    other_admin: User


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Keys of rows that exist, by model ("messaging/extension"), API resource or parameter."""

    by_model: Mapping[str, object] = field(default_factory=dict)
    by_resource: Mapping[str, object] = field(default_factory=dict)
    by_parameter: Mapping[str, object] = field(default_factory=dict)

    def of(self, path: str) -> dict[str, object]:
        names = re.findall(r"%\((\w+)\)s", path)
        found: dict[str, object] = {name: self.by_parameter.get(name, "1") for name in names}
        if model := _MODEL.match(path):
            found["object_id"] = self.by_model.get(model["model"], "1")
        if resource := _RESOURCE.match(path):
            key = self.by_resource.get(resource["resource"], uuid.UUID(int=1))
            found |= {name: key for name in names if name in ("pk", "slug")}
        return found


def addresses(urlconf: str) -> list[Address]:
    """List the routes of a URL table, each once."""
    return list(dict.fromkeys(_walk(get_resolver(urlconf).url_patterns, "")))


def _walk(patterns: list[Any], prefix: str) -> Iterator[Address]:
    for pattern in patterns:
        expression = prefix + pattern.pattern.regex.pattern.removeprefix("^").removesuffix(r"\Z")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, expression.removesuffix("$"))
        elif isinstance(pattern, URLPattern):
            path, _ = normalize(expression)[0]
            methods = tuple(_methods(pattern.callback))
            yield Address(path=path, name=pattern.name or "", methods=methods)


def _methods(view: Any) -> list[str]:
    """Name what can be asked of a view; Django's own views take whatever comes."""
    if actions := getattr(view, "actions", None):  # a viewset's
        return sorted(method for method in actions if method not in ("head", "options"))
    if cls := getattr(view, "cls", None):
        return [m for m in ("delete", "get", "patch", "post", "put") if hasattr(cls, m)]
    return ["get", "post"]
