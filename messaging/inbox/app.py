"""The inbox as an app to install: its manifest, its service worker, its page for no network.

All three are open to strangers, since browsers fetch them without a session. They tell the
tenant's name, as the sign on the door does, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from messaging.inbox.frame import InboxRequest
from tenants.roles import public_in_tenant

_BLUE = "#155dfc"
# What the page for no network is made of: all that is ever kept on the device.
_KEPT = (
    "inbox/theme.js",
    "inbox/shell.css",
    "inbox/me.css",
    "inbox/favicon.svg",
    "inbox/icons/192.png",
)


@require_safe
@public_in_tenant
def manifest(request: InboxRequest) -> HttpResponseBase:
    """Describe the app to the browser; each tenant's inbox is an app of its own."""
    home = reverse("inbox:index")
    name = request.tenant.name
    shape: dict[str, Any] = {
        "id": home,
        "name": f"{name} texts",
        "short_name": name[:24],
        "description": "Text messages of the phone system.",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "lang": "en",
        "theme_color": _BLUE,
        "background_color": "#ffffff",
        "icons": [
            _icon("192"),
            _icon("512"),
            _icon("maskable-192", purpose="maskable"),
            _icon("maskable-512", purpose="maskable"),
        ],
        "shortcuts": [
            {"name": "New message", "url": reverse("inbox:new"), "icons": [_icon("new-96")]}
        ],
    }
    response = JsonResponse(shape, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@never_cache
@public_in_tenant
def worker(request: InboxRequest) -> HttpResponseBase:
    """Give the service worker, with the addresses that it needs in front."""
    facts = {
        "scope": reverse("inbox:index"),
        "offline": reverse("inbox:offline"),
        "kept": [static(name) for name in _KEPT],
        "icon": static("inbox/icons/192.png"),
        "badge": static("inbox/icons/badge-96.png"),
        "version": _version(),
    }
    script = f'"use strict";\nconst APP = {json.dumps(facts)};\n{_source("inbox/sw.js").decode()}'
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_safe
@public_in_tenant
def offline(request: InboxRequest) -> HttpResponseBase:
    """Say that there is no network; the service worker keeps this page."""
    return render(request, "inbox/offline.html", {"tenant": request.tenant})


def _icon(name: str, *, purpose: str = "any") -> dict[str, str]:
    side = name.rpartition("-")[2]
    return {
        "src": static(f"inbox/icons/{name}.png"),
        "sizes": f"{side}x{side}",
        "type": "image/png",
        "purpose": purpose,
    }


def _source(name: str) -> bytes:
    return Path(str(finders.find(name))).read_bytes()


@lru_cache(maxsize=1)
def _version() -> str:
    """Name the release by what is kept: browsers fetch it again when that has changed."""
    digest = hashlib.sha256()
    for name in (*_KEPT, "inbox/sw.js"):
        digest.update(_source(name))
    return digest.hexdigest()[:12]
