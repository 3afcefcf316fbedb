"""A RabbitMQ for one run of the tests; run as a program it prints a URL nobody listens at yet."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.config.watching import eventually

# RabbitMQ takes seconds to start, and many times that on a busy machine.
PATIENCE = 120.0

# Ends its process group when the program ends, and when whoever holds the pipe is gone, however
# that came about: nothing outlives a killed run.
_GUARD = '("$@" </dev/null; kill -9 0) & read -r _; kill -9 0'
# A machine that is short of disk or memory would make it refuse all tasks.
_CONFIG = "disk_free_limit.absolute = 1MB\nvm_memory_high_watermark.relative = 0.9\n"


class Guarded:
    """A program with all that it starts, which goes when the tests go."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "sh", *argv],
                env=env,
                cwd=log.parent,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def lives(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Pull the plug."""
        if self.lives():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


class Broker:
    """A RabbitMQ whose name, ports and files are nobody else's."""

    def __init__(self, home: Path, *, port: int) -> None:
        base, names = str(home), str(free_port())
        (home / "rabbitmq.conf").write_text(_CONFIG)
        inherited = {name: text for name, text in os.environ.items() if "RABBITMQ" not in name}
        self._port = port
        self._log = home / "out"
        self._env = {
            **inherited,
            "HOME": base,
            "RABBITMQ_NODENAME": f"trunkline-{os.getpid()}@localhost",
            "RABBITMQ_CONF_ENV_FILE": f"{base}/none",
            "RABBITMQ_CONFIG_FILE": f"{base}/rabbitmq.conf",
            "RABBITMQ_CONFIG_FILES": f"{base}/none",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{base}/none.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{base}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{base}/mnesia",
            "RABBITMQ_LOG_BASE": f"{base}/log",
            "RABBITMQ_PID_FILE": f"{base}/pid",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": names,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        # Or Erlang starts one that outlives the test.
        self._names = self._run([shutil.which("epmd") or "epmd", "-port", names])
        self._server = self._started()

    def kill_and_start(self) -> None:
        """Pull the plug and plug it in again."""
        self._server.kill()
        assert eventually(lambda: not self._listens())  # the kernel takes a moment
        self._server = self._started()

    def stop(self) -> None:
        """End the server and its register of names."""
        self._server.kill()
        self._names.kill()

    def _started(self) -> Guarded:
        server = self._run([os.environ["RABBITMQ"]])
        eventually(lambda: self._listens() or not server.lives(), seconds=PATIENCE)
        assert self._listens(), self._log.read_text()
        return server

    def _run(self, argv: Sequence[str]) -> Guarded:
        return Guarded(argv, env=self._env, log=self._log)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def free_port() -> int:
    """Return a port of this machine that nobody uses, below those given to outgoing connections."""
    while True:
        port = 20_000 + secrets.randbelow(12_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


if __name__ == "__main__":
    sys.stdout.write(f"amqp://guest:guest@127.0.0.1:{free_port()}//\n")
