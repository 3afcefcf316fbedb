"""Programs that use the companies' API: they answer customers, and read what came in.

The API knows no idempotency key: a request whose answer was lost is not made again, for it may
have been heard. Its text is looked for afterwards.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from random import Random

import requests

from config.chaos.companies import Company
from config.chaos.customers import customer
from config.chaos.ledger import Ledger, Send
from config.chaos.plan import Plan

_PATIENCE = (2.0, 20.0)
_READS = 0.15
_WITH_FILE = 0.06
_TO_STRANGERS = 0.5  # whose thread has no other text, so that the carrier's list leaves no doubt
_FIRST_STRANGER = 1000
_BUSY = frozenset({429, 500, 502, 503, 504})
_JPEG = b"\xff\xd8\xff\xe0" + bytes(20_000)


class Client(threading.Thread):
    """One program; it goes on until told to stop."""

    def __init__(
        self,
        plan: Plan,
        companies: Sequence[Company],
        ledger: Ledger,
        *,
        place: int,
        of: int,
    ) -> None:
        super().__init__(name=f"client-{place}", daemon=True)
        self.enough = threading.Event()
        self._companies = companies
        self._ledger = ledger
        self._pause = of / plan.sends_per_second
        self._words = _words(plan.seed, place)
        self._strangers = itertools.count(_FIRST_STRANGER + place * 2000)
        self._random = Random(f"{plan.seed} client {place}")  # noqa: S311
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self) -> None:
        """Send at the plan's rate, and read in between."""
        due = time.monotonic()
        while not self.enough.is_set():
            company = self._random.choice(self._companies)
            if self._random.random() < _READS:
                self._read(company)
            else:
                self._send(company)
            due = max(due + self._pause, time.monotonic() - 1)
            self.enough.wait(max(0.0, due - time.monotonic()))

    def _send(self, company: Company) -> None:
        to = customer(self._random.randrange(60))
        if self._random.random() < _TO_STRANGERS:
            to = customer(next(self._strangers))
        send = Send(slug=company.slug, to=to, text=next(self._words))
        body = {
            "from": company.number,
            "to": [to],
            "text": send.text,
            "ignore_quiet_hours": True,
            "media": self._upload(company) if self._random.random() < _WITH_FILE else [],
        }
        answer = self._call(company, "POST", "messages/", json=body)
        if answer is None or answer.status_code in _BUSY:
            # A fault may have come before the commit or after it.
            said = "no answer" if answer is None else str(answer.status_code)
            self._ledger.asked(send, f"send {said}")
        elif answer.status_code == 201:
            made = Send(slug=send.slug, to=to, text=send.text, message_id=answer.json()["id"])
            self._ledger.asked(made, "send 201")
        else:
            self._ledger.told(f"send {answer.status_code}", said=answer.text[:200])

    def _upload(self, company: Company) -> list[str]:
        files = {"file": ("picture.jpg", _JPEG, "image/jpeg")}
        answer = self._call(company, "POST", "media/", files=files)
        if answer is not None and answer.status_code == 201:
            self._ledger.told("upload 201")
            return [str(answer.json()["id"])]
        # Without room there is a reason told, and the text goes without its picture.
        self._ledger.told(f"upload {answer.status_code if answer is not None else 'no answer'}")
        return []

    def _read(self, company: Company) -> None:
        answer = self._call(company, "GET", "conversations/?page_size=20")
        if answer is None or answer.status_code != 200:
            self._note_read(answer)
            return
        rows = answer.json().get("results")
        if rows is None:
            self._ledger.told("read 200, not by the portal", said=answer.text[:200])
        elif rows:
            thread = self._random.choice(rows)["id"]
            self._note_read(self._call(company, "POST", f"conversations/{thread}/read/"))

    def _note_read(self, answer: requests.Response | None) -> None:
        said = "no answer" if answer is None else str(answer.status_code)
        if answer is not None and 400 <= answer.status_code < 500 and answer.status_code != 429:
            self._ledger.told(f"read {said}", said=answer.text[:200])
        else:
            self._ledger.told(f"read {said}")

    def _call(
        self, company: Company, method: str, path: str, **options: object
    ) -> requests.Response | None:
        try:
            return self._session.request(
                method,
                f"{company.portal}/t/{company.slug}/api/v1/{path}",
                headers={"Authorization": f"Bearer {company.api_key}"},
                timeout=_PATIENCE,
                **options,  # type: ignore[arg-type]
            )
        except requests.RequestException:
            return None


def _words(seed: int, place: int) -> Iterator[str]:
    return (f"Chaos {seed}, answer {place}-{count}: yes, it is." for count in itertools.count(1))
