"""Judging what was found by what was promised. Plain values in, broken promises out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from config.chaos.found import Carried, Found, Row
from config.chaos.ledger import Ledger, Send, Text

Thing = TypeVar("Thing")
Key = TypeVar("Key", bound=Hashable)

_UNFINISHED = frozenset({"scheduled", "queued", "sending", "sent"})
_NOT_SENT = frozenset({"failed", "canceled"})


class Wrong(StrEnum):
    """Kinds of broken promises."""

    LOST = "lost"
    DOUBLED = "doubled"
    STUCK = "stuck"
    UNTRUE = "untrue"  # the portal says what is not so
    MISCOUNTED = "miscounted"
    FILE_LOST = "file lost"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One broken promise, with what helps to find its cause."""

    wrong: Wrong
    what: str
    words: str
    more: Mapping[str, Any] = field(default_factory=dict)


def judge(ledger: Ledger, found: Found) -> list[Breach]:
    """Return every broken promise."""
    return [
        *_refusals(ledger),
        *_events(ledger, found),
        *_texts(ledger, found),
        *_sends(ledger, found),
        *_strangers(ledger, found),
        *_threads(found),
    ]


def _refusals(ledger: Ledger) -> Iterator[Breach]:
    for refusal in ledger.refusals:
        yield Breach(
            wrong=Wrong.REFUSED, what=str(refusal["status"]), words="refused", more=refusal
        )


def _events(ledger: Ledger, found: Found) -> Iterator[Breach]:
    for event, at in ledger.events.items():
        states = found.inbox.get(event, ())
        more = {"answered_at": at, "states": list(states)}
        if at is None:
            yield _breach(Wrong.REFUSED, event.message_id, f"{event.type} never taken", more)
        elif not states:
            yield _breach(Wrong.LOST, event.message_id, f"{event.type} taken, not stored", more)
        elif len(states) > 1:
            yield _breach(Wrong.DOUBLED, event.message_id, f"{event.type} stored twice", more)
        elif states[0] == "pending":
            yield _breach(Wrong.STUCK, event.message_id, f"{event.type} not routed", more)
        elif states[0] != "processed":
            yield _breach(Wrong.LOST, event.message_id, f"{event.type} is {states[0]}", more)


def _texts(ledger: Ledger, found: Found) -> Iterator[Breach]:
    by_key = _grouped(found.rows, lambda row: row.carriers_id, of="in")
    for text in ledger.texts.values():
        if ledger.events.get(text.event) is None:
            continue  # told as refused
        rows = by_key.pop(text.message_id, [])
        if not rows:
            more = {"tenant": text.slug, "answered_at": ledger.events[text.event]}
            yield _breach(Wrong.LOST, text.message_id, "taken, in no message", more)
        elif len(rows) > 1:
            yield _breach(Wrong.DOUBLED, text.message_id, f"in {len(rows)} messages", rows[0].more)
        else:
            yield from _text(text, rows[0])


def _text(text: Text, row: Row) -> Iterator[Breach]:
    meant = (text.slug, text.ours, text.customer, text.text)
    if (row.slug, row.ours, row.others, row.text) != meant:
        yield _breach(Wrong.UNTRUE, text.message_id, "in another place, or altered", row.more)
    if len(row.files) != len(text.files):
        words = f"{len(row.files)} files of {len(text.files)}"
        yield _breach(Wrong.FILE_LOST, text.message_id, words, row.more)
        return
    for file, digest in zip(row.files, text.files, strict=True):
        # What is pending or failed is shown as such, with a button to fetch it again.
        if file.state == "ready" and file.digest != digest:
            words = "shown as there, and is another" if file.digest else "shown as there, and gone"
            yield _breach(Wrong.FILE_LOST, text.message_id, words, row.more)


def _sends(ledger: Ledger, found: Found) -> Iterator[Breach]:
    by_text = _grouped(found.rows, lambda row: row.text, of="out")
    carried = _by(found.carried, lambda each: each.tag)
    receipts = {event.message_id for event, at in ledger.events.items() if at is not None}
    for send in (*ledger.sends, *ledger.doubtful):
        rows = by_text.get(send.text, [])
        # Of a request whose answer was lost nobody knows whether it was heard.
        if send.message_id and send.message_id not in {row.id for row in rows}:
            more = {"to": send.to, "others": [row.id for row in rows]}
            yield _breach(Wrong.LOST, send.message_id, "accepted, no message", more)
        if len(rows) > 1:
            yield _breach(Wrong.DOUBLED, rows[0].id, "one request, two messages", rows[0].more)
        for row in rows:
            yield from _send(send, row, carried.get(row.id, []), receipts)
    for text, copies in _by(found.carried, lambda each: each.text).items():
        if len(copies) > 1:
            more = {"copies": [each.carriers_id for each in copies], "text": text}
            yield _breach(Wrong.DOUBLED, copies[0].tag, "twice at the carrier", more)


def _send(send: Send, row: Row, carried: Sequence[Carried], receipts: set[str]) -> Iterator[Breach]:
    more = {**row.more, "at_carrier": [each.status for each in carried]}
    if (row.slug, row.others, row.text) != (send.slug, send.to, send.text):
        yield _breach(Wrong.UNTRUE, row.id, "another message than was asked for", more)
    if row.status in _UNFINISHED or row.is_being_settled:
        yield _breach(Wrong.STUCK, row.id, f"still {row.status}", more)
    elif not carried and row.status == "delivered":
        yield _breach(Wrong.UNTRUE, row.id, "delivered, which the carrier never had", more)
    elif carried and row.status in _NOT_SENT:
        yield _breach(Wrong.UNTRUE, row.id, f"{row.status}, and the carrier has it", more)
    elif row.status != "delivered" and any(each.carriers_id in receipts for each in carried):
        yield _breach(Wrong.UNTRUE, row.id, f"{row.status}, and a receipt was taken", more)


def _strangers(ledger: Ledger, found: Found) -> Iterator[Breach]:
    """Tell of what nobody asked for."""
    asked = {send.text for send in (*ledger.sends, *ledger.doubtful)}
    for row in found.rows:
        if row.direction == "in" and row.carriers_id not in ledger.texts:
            yield _breach(Wrong.UNTRUE, row.id, "a text that nobody wrote", row.more)
        elif row.direction == "out" and row.text not in asked:
            yield _breach(Wrong.UNTRUE, row.id, "a message that nobody sent", row.more)
    known = {row.id for row in found.rows}
    for each in found.carried:
        if each.tag not in known:
            more = {"to": each.to, "text": each.text}
            yield _breach(Wrong.LOST, each.tag, "at the carrier, and not in the portal", more)


def _threads(found: Found) -> Iterator[Breach]:
    pairs = {(row.slug, row.ours, row.others) for row in found.rows}
    threads = Counter((each.slug, each.ours, each.others) for each in found.threads)
    for pair in pairs ^ threads.keys():
        words = "no conversation for its messages" if pair in pairs else "a conversation of nothing"
        yield _breach(Wrong.MISCOUNTED, pair[0], words, {"parties": pair[1:]})
    for pair, count in threads.items():
        if count > 1:
            yield _breach(Wrong.MISCOUNTED, pair[0], f"{count} conversations", {"parties": pair})
    for each in found.threads:
        wrong = {
            name: (said, each.counted[name])
            for name, said in each.said.items()
            if said != each.counted[name]
        }
        if wrong:
            words = f"{each.ours} with {each.others}: {', '.join(wrong)}"
            yield _breach(Wrong.MISCOUNTED, each.slug, words, {"said_and_counted": wrong})


def _breach(wrong: Wrong, what: str, words: str, more: Mapping[str, Any]) -> Breach:
    return Breach(wrong=wrong, what=what, words=words, more=more)


def _grouped(rows: Iterable[Row], key: Callable[[Row], str], *, of: str) -> dict[str, list[Row]]:
    return _by((row for row in rows if row.direction == of), key)


def _by(things: Iterable[Thing], key: Callable[[Thing], Key]) -> dict[Key, list[Thing]]:
    grouped: dict[Key, list[Thing]] = defaultdict(list)
    for thing in things:
        grouped[key(thing)].append(thing)
    return grouped
