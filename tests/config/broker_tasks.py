"""Tasks for a worker under test, in the product's own Celery application and configuration."""

from __future__ import annotations

import time
from pathlib import Path

from config.celery import app


@app.task(name="broker.note")
def note(path: str) -> None:
    """Leave a line that tells the task ran."""
    with Path(path).open("a") as file:
        file.write("ran\n")


@app.task(name="broker.linger")
def linger(path: str) -> None:
    """Leave a line, and the first time never come to an end."""
    note(path)
    while Path(path).read_text() == "ran\n":
        time.sleep(0.05)
