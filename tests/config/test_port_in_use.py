from __future__ import annotations

import socket

import pytest

from config.embedded import PortInUse, require_free_port


def test_a_port_in_use_is_named_with_the_variable_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            require_free_port(port, "PORT")
    assert str(refused.value) == (
        f"port {port} is in use: stop that program or set PORT to another port"
    )


def test_a_port_taken_on_all_addresses_is_in_use() -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as taken,  # noqa: S104
        pytest.raises(PortInUse),
    ):
        require_free_port(taken.getsockname()[1], "PORT")


def test_a_free_port_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    require_free_port(port, "PORT")
