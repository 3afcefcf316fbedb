"""What stands in the way of an action on a thread."""

from __future__ import annotations


class HandlingRefused(ValueError):
    """The thread stays as it is; the message is for the person who asked."""

    def __init__(self, text: str, *, code: str = "not_now") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
