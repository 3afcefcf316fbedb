"""What can keep the portal from starting on this machine."""

from __future__ import annotations


class LocalError(Exception):
    """The start cannot succeed; the message tells a person at the terminal what to do."""


class AlreadyRunning(LocalError):
    """Another supervisor holds this data folder."""


class PortInUse(LocalError):
    """Another program listens where the portal should."""


class StopRequested(Exception):  # no error: somebody pressed Ctrl-C
    """A person or the system asked for the end; everything started is to be stopped."""
