"""`python -m config.bench.carrier PORT`: a carrier that takes each message after 80 ms.

Bare asyncio, so that it costs the machine little. It notes when each message reached its socket,
and whether one came twice; GET / tells, DELETE / forgets.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

_DELAY = 0.08


class Carrier:
    """What came in: when each tag did, on the monotonic clock, and how often one came again."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.again = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it closes."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                now = time.monotonic()
                length = _length(head)
                body = await reader.readexactly(length) if length else b""
                status, answer = await self._answer(head, body, now)
                told = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(told)}\r\n\r\n".encode()
                    + told
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, now: float) -> tuple[str, dict[str, object]]:
        if head.startswith(b"GET"):
            return "200 OK", {"arrivals": self.arrivals, "again": self.again}
        if head.startswith(b"DELETE"):
            self.arrivals, self.again = {}, 0
            return "200 OK", {}
        message = json.loads(body)
        tag = str(message.get("tag"))
        self.again += tag in self.arrivals
        self.arrivals.setdefault(tag, now)
        await asyncio.sleep(_DELAY)
        return "202 Accepted", _accepted(tag, message)


def _accepted(tag: str, message: dict[str, object]) -> dict[str, object]:
    to = message["to"]
    return {
        "id": f"bench{tag.replace('-', '')}",
        "owner": message["from"],
        "applicationId": message["applicationId"],
        "time": "2026-01-15T10:22:31.123Z",
        "segmentCount": 1,
        "direction": "out",
        "to": to if isinstance(to, list) else [to],
        "from": message["from"],
        "text": message.get("text", ""),
        "tag": tag,
    }


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def main(port: int) -> None:
    """Serve until ended."""
    server = await asyncio.start_server(Carrier().serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
