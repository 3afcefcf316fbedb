"""Customers who text the companies, in bursts, some with pictures."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Sequence
from random import Random

import requests

from config.chaos.companies import Company
from config.chaos.ledger import Ledger, Text
from config.chaos.plan import Plan

_MOST_AT_ONCE = 25
_WITH_FILES = 0.08
_FILE_BYTES = (8_000, 60_000)
_CUSTOMERS = 60  # of each company
_JPEG = b"\xff\xd8\xff\xe0"


def customer(place: int) -> str:
    """Return the number of the customer at a place, from 0."""
    return f"+1737555{place:04}"


class Customers(threading.Thread):
    """Text until told to stop; the stand-in takes every text and posts it."""

    def __init__(
        self, plan: Plan, companies: Sequence[Company], ledger: Ledger, *, carrier_url: str
    ) -> None:
        super().__init__(name="customers", daemon=True)
        self.enough = threading.Event()
        self._plan = plan
        self._companies = companies
        self._ledger = ledger
        self._address = f"{carrier_url}/handset/messages"
        self._random = Random(f"{plan.seed} customers")  # noqa: S311
        self._session = requests.Session()
        self._session.trust_env = False
        self._count = 0

    def run(self) -> None:
        """Text in bursts that come to the plan's rate."""
        due = time.monotonic()
        while not self.enough.is_set():
            burst = self._random.randint(1, _MOST_AT_ONCE)
            for _ in range(burst):
                self._text()
            due += burst / self._plan.texts_per_second
            self.enough.wait(max(0.0, due - time.monotonic()))

    def _text(self) -> None:
        self._count += 1
        company = self._random.choice(self._companies)
        number = customer(self._random.randrange(_CUSTOMERS))
        words = f"Chaos {self._plan.seed}, text {self._count}: is it ready?"
        files = []
        if self._random.random() < _WITH_FILES:
            files = [self._file() for _ in range(self._random.randint(1, 2))]
        body = {
            "our": company.number,
            "customer": number,
            "text": words,
            "attachments": [
                {
                    "filename": f"picture-{place}.jpg",
                    "content_type": "image/jpeg",
                    "data": base64.b64encode(content).decode(),
                }
                for place, content in enumerate(files, start=1)
            ],
        }
        answer = self._session.post(self._address, json=body, timeout=60)
        answer.raise_for_status()
        self._ledger.written(
            Text(
                message_id=answer.json()["id"],
                slug=company.slug,
                ours=company.number,
                customer=number,
                text=words,
                files=tuple(hashlib.sha256(content).hexdigest() for content in files),
            )
        )

    def _file(self) -> bytes:
        return _JPEG + self._random.randbytes(self._random.randint(*_FILE_BYTES))
