"""One client of the intake: its requests one after the other, and their answers in that order.

A request costs neither a task nor a wait for one. What cannot be answered at once is told later,
and until then no more is read than had come.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from providers.intake import Answer
from providers.loop_answers import CONTINUE, FAILED, FULL, TOO_LATE, written
from providers.loop_requests import Request, Requests, Stage

if TYPE_CHECKING:
    from providers.loop_listener import Listener

logger = logging.getLogger(__name__)

# A carrier sends head and body at once; one that drips keeps a place and memory.
SECONDS = 10.0
# Longer than proxies keep theirs: whoever ends one, the other must not just be about to use it.
_IDLE_SECONDS = 75.0
# What is sent on after a refusal is read for so long, or the refusal would be lost with it.
_PARTING_SECONDS = 3.0


class Connection(asyncio.Protocol):
    """A connection from its first byte to its end."""

    __slots__ = (
        "_asked", "_is_clogged", "_is_paused", "_listener", "_requests", "_transport", "until",
    )  # fmt: skip

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._requests = Requests(listener)
        self._asked: Request | None = None  # and not answered yet
        self._is_paused = self._is_clogged = False
        self.until = listener.now + SECONDS

    @property
    def is_idle(self) -> bool:
        """Tell whether the client has nothing begun."""
        requests = self._requests
        return not (self._asked or requests.ready or requests.stage or requests.is_over)

    @property
    def is_waited_for(self) -> bool:
        """Tell whether the client, not we, is to do something."""
        return self._asked is None and not self._requests.ready

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._listener.admit(self):
            self.make_place()

    def data_received(self, data: bytes) -> None:
        requests = self._requests
        if requests.feed(data):
            self.until = self._listener.now + SECONDS
        self._go_on()
        if self._asked is not None and (requests.ready or requests.stage):
            self._pause()

    def eof_received(self) -> bool:
        self._requests.end()
        self._go_on()
        return self._asked is not None or bool(self._requests.ready)

    def connection_lost(self, exc: Exception | None) -> None:
        self._asked = None
        self._requests.ready.clear()
        self._requests.is_over = True
        self._requests.let_go()
        self._listener.forget(self)

    def pause_writing(self) -> None:
        self._is_clogged = True
        self.until = self._listener.now + SECONDS
        self._pause()

    def resume_writing(self) -> None:
        self._is_clogged = False
        self._move_on()

    def make_place(self) -> None:
        """End the connection; more politely would cost what there is none of."""
        if self._requests.is_over or self._is_clogged:
            self._transport.abort()
            return
        self._requests.refuse(FULL)
        self._requests.is_cut = False
        self._go_on()

    def leave_if_idle(self) -> None:
        """End the connection unless something is begun."""
        if self.is_idle:
            self._hang_up()

    def look_at_the_clock(self) -> None:
        """End what has not come in time."""
        requests = self._requests
        if self.until > self._listener.now:
            return
        if self._is_clogged or (requests.is_over and self._asked is None):
            self._asked = None
            self._transport.abort()
        elif self._asked is not None:
            self._asked = None
            requests.ready.clear()
            requests.refuse(FULL)
            self._go_on()
        elif requests.stage:
            requests.refuse(TOO_LATE)
            self._go_on()
        else:
            self.leave_if_idle()

    def _go_on(self) -> None:
        requests = self._requests
        while requests.ready and self._asked is None and not self._is_clogged:
            what = requests.ready.popleft()
            if isinstance(what, Request):
                self._asked = what
                self.until = self._listener.now + SECONDS
                answer = self._ask(what)
                if answer is not None:
                    self._say(answer)
            else:
                self._say(what)
        if requests.owes_continue and self._asked is None:
            requests.owes_continue = False
            self._transport.write(CONTINUE)

    def _ask(self, request: Request) -> Answer | None:
        try:
            return self._listener.door.take(request, self._told)
        except Exception:  # the outermost edge: whoever asked is told, and asks again
            logger.exception("a webhook request failed")
            return FAILED

    def _told(self, answer: Answer) -> None:
        if self._asked is not None:  # the client is still there
            self._say(answer)
            self._move_on()

    def _move_on(self) -> None:
        self._go_on()
        if self._is_paused and self._asked is None and not self._is_clogged:
            self._is_paused = False
            self._transport.resume_reading()

    def _say(self, answer: Answer) -> None:
        requests = self._requests
        is_head = self._asked is not None and self._asked.method == "HEAD"
        self._asked = None
        is_done = not (requests.ready or requests.stage)
        is_last = is_done and (requests.is_over or self._listener.is_stopping)
        line = written(answer, self._listener.date, is_last=is_last, is_head=is_head)
        self._transport.write(line)
        self._listener.strangers.pop(self, None)
        if is_done:
            requests.let_go()
        if is_last:
            self._hang_up()
        elif not self._is_clogged:
            patience = SECONDS if requests.stage is not Stage.NOTHING else _IDLE_SECONDS
            self.until = self._listener.now + patience

    def _hang_up(self) -> None:
        self._requests.is_over = True
        self.until = self._listener.now + _PARTING_SECONDS
        if self._requests.is_cut:
            self._transport.write_eof()
        else:
            self._transport.close()

    def _pause(self) -> None:
        if not self._is_paused and not self._requests.is_over:
            self._is_paused = True
            self._transport.pause_reading()
