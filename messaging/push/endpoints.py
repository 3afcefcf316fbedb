"""Which addresses are sent to: those of known push services, and nothing inside our network."""

from __future__ import annotations

import re
import socket

from django.conf import settings

from providers.outgoing import is_public

# The whole address by one expression, so that no second parser can read another host out of it.
_ENDPOINT = re.compile(
    r"https://(?P<host>(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62})(?::443)?/[!-\[\]-~]*",
    re.IGNORECASE,
)
_LONGEST = 1000


class EndpointRefused(ValueError):
    """The address is not sent to; the text says why to the person."""


def host_of(endpoint: str) -> str:
    """Return the host of a push service's address.

    Raises EndpointRefused.
    """
    match = _ENDPOINT.fullmatch(endpoint) if len(endpoint) <= _LONGEST else None
    if match is None:
        raise EndpointRefused("This is not the address of a push service.")
    host = match["host"].lower()
    if not any(_matches(host, allowed) for allowed in settings.PUSH_ALLOWED_HOSTS):
        raise EndpointRefused("The push service of this browser is not on this platform's list.")
    return host


def check_public(host: str) -> None:
    """Refuse a name that leads into a private network, however well it reads.

    Before anything is asked there; where the connection then leads is asked once more.
    Raises EndpointRefused, and OSError when the name cannot be looked up.
    """
    for *_, address in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM):
        if not is_public(str(address[0])):
            raise EndpointRefused("The push service's name leads into a private network.")


def _matches(host: str, allowed: str) -> bool:
    allowed = allowed.lower()
    if allowed.startswith("*."):
        return host.endswith(allowed[1:])
    return allowed in ("*", host)
