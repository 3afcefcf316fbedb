"""Starting and stopping the simulator as a process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import requests

from providers.simulator.server import serve, start_in_thread
from providers.simulator.settings import SimulatorSettings
from tests.providers.simulator.conftest import QUICK

PROGRAM = """
import threading
from providers.simulator import server
from providers.simulator.settings import SimulatorSettings
start = server.start_in_thread
def announce(*args, **kwargs):
    running = start(*args, **kwargs)
    print(running.base_url, flush=True)
    return running
server.start_in_thread = announce
server.serve(host="127.0.0.1", port=0, settings=SimulatorSettings())
print("stopped", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert requests.get(f"{address}/health/", timeout=5).json() == {"status": "ok"}
        process.send_signal(number)
        assert process.stdout.read().strip() == "stopped"
        assert process.wait(5) == 0


def test_a_port_in_use_is_an_oserror() -> None:
    with start_in_thread() as running:
        port = int(running.base_url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            serve(host="127.0.0.1", port=port, settings=SimulatorSettings())


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/handset/messages", 405)])
def test_unknown_paths_and_methods_are_told(path: str, status: int) -> None:
    with start_in_thread() as running:
        assert requests.get(running.base_url + path, timeout=5).status_code == status


def test_its_secrets_are_in_no_repr() -> None:
    assert "Canary" not in repr(QUICK)
