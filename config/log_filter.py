"""Keeping keys that are part of an address out of the log, where Django names what it refused."""

from __future__ import annotations

import logging
import re

# Webhooks, invitations, mailed password links, signed links to files.
_KEY = re.compile(
    r"(/webhook/[a-z]+/sms/|/invite/|/accounts/password/reset/key/|/t/[^/\s]+/media/)[^/\s]+"
)


class WithoutKeys(logging.Filter):
    """Leaves an address as it is but for its key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record, and let it pass."""
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(each) for each in record.args)
        return True


def _hidden(value: object) -> object:
    return _KEY.sub(r"\1…", value) if isinstance(value, str) else value
