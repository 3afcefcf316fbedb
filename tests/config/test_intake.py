"""The intake process as it is started and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket

import pytest
import uvloop

from config import intake

_ASKED = b"GET /webhook/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_it_is_told_to_stop(number: signal.Signals) -> None:
    async def story() -> bytes:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        serving = asyncio.ensure_future(intake.serve("127.0.0.1", port))
        said = b""
        while not said and not serving.done():
            with contextlib.suppress(ConnectionRefusedError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(_ASKED)
                said = await reader.read()
                writer.close()
        os.kill(os.getpid(), number)
        await asyncio.wait_for(serving, 20)
        return said

    assert uvloop.run(story()).endswith(b"\r\n\r\nok")
