"""Which addresses are anybody's, which are inside, and what tells them apart."""

from __future__ import annotations

import pytest

from providers.outgoing import is_public

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104  # an address to refuse
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # metadata of most clouds
    "100.100.100.200",  # of Alibaba's, in the carriers' own range
    "168.63.129.16",  # of Azure's, which is public by its number
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",  # the same by a gateway
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_no_public_address(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["142.250.1.95", "2607:f8b0::5f", "64:ff9b::8efa:15f", "::ffff:8.8.8.8"]
)
def test_what_anybody_reaches_is_public(address: str) -> None:
    assert is_public(address)
