"""Run PostgreSQL, Valkey and the portal's processes on a bare machine.

May import `config.local` and nothing else of the portal; Django is not needed.
"""

from __future__ import annotations

from config.embedded.errors import AlreadyRunning, LocalError, PortInUse, StopRequested
from config.embedded.ports import require_free_port
from config.embedded.process import Process
from config.embedded.servers import start_local_servers
from config.embedded.supervisor import Supervisor

__all__ = [
    "AlreadyRunning",
    "LocalError",
    "PortInUse",
    "Process",
    "StopRequested",
    "Supervisor",
    "require_free_port",
    "start_local_servers",
]
