"""What came of a run, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from config.chaos import audit
from config.chaos.companies import Company
from config.chaos.found import Found
from config.chaos.ledger import Ledger
from config.chaos.verdict import Breach, Wrong
from config.chaos.watch import Wait

_MOST_TOLD = 5


@dataclass(slots=True, kw_only=True)
class Result:
    """One run's."""

    seed: int
    breaches: list[Breach] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    happened: list[str] = field(default_factory=list)  # with the second of the run
    figures: dict[str, Any] = field(default_factory=dict)
    longest_waits: list[Wait] = field(default_factory=list)
    open_work: dict[str, int] = field(default_factory=dict)

    def count(self, *wrong: Wrong) -> int:
        """Count the breaches of these kinds."""
        return sum(breach.wrong in wrong for breach in self.breaches)


def figures(ledger: Ledger, found: Found, companies: Sequence[Company]) -> dict[str, Any]:
    """Count what was promised and what there is."""
    out = [row for row in found.rows if row.direction == "out"]
    texts = {row.text for row in out}
    waits = sorted(
        (wait for company in companies for wait in audit.sending_waits(company)), reverse=True
    )
    return {
        "callbacks": len(ledger.events),
        "texts": len(ledger.texts),
        "webhook_answers": dict(ledger.webhook_answers),
        "api_answers": dict(ledger.api_answers),
        "sends_accepted": len(ledger.sends),
        "sends_unanswered": len(ledger.doubtful),
        "sends_unanswered_that_exist": sum(send.text in texts for send in ledger.doubtful),
        "statuses": dict(Counter(row.status for row in out)),
        "at_carrier": len(found.carried),
        "conversations": len(found.threads),
        "files": dict(Counter(file.state for row in found.rows for file in row.files)),
        "files_of_nobody": sum(map(audit.files_of_nobody, companies)),
        "worst_waits_out": [
            {"seconds": round(seconds, 1), "message": key} for seconds, key in waits[:_MOST_TOLD]
        ],
    }
