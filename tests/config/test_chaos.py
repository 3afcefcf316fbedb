"""Chaos counts right: every kind of broken promise is found in made-up ledgers, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.chaos.found import Carried, File, Found, Row, Thread
from config.chaos.ledger import Event, Ledger, Send, Text
from config.chaos.plan import Kill, plan
from config.chaos.verdict import Wrong, judge

OURS, DANA, SAM = "+12025550001", "+17375550001", "+17375550002"
TEXT = Text(message_id="in-1", slug="acme", ours=OURS, customer=DANA, text="Hi", files=("aa",))
SEND = Send(slug="acme", to=SAM, text="Yes", message_id="m-2")
DOUBTFUL = Send(slug="acme", to=SAM, text="Was it heard?")
RECEIPT = Event("message-delivered", "out-2", SAM)


def ledger() -> Ledger:
    return Ledger(
        texts={TEXT.message_id: TEXT},
        events={TEXT.event: 1.0, RECEIPT: 2.0},
        sends=[SEND],
        doubtful=[DOUBTFUL],
    )


RECEIVED = Row(
    id="m-1",
    slug="acme",
    direction="in",
    status="received",
    ours=OURS,
    others=DANA,
    text="Hi",
    carriers_id="in-1",
    files=(File(state="ready", digest="aa"),),
)
SENT = Row(
    id="m-2",
    slug="acme",
    direction="out",
    status="delivered",
    ours=OURS,
    others=SAM,
    text="Yes",
    carriers_id="out-2",
)
TAKEN = Carried(tag="m-2", carriers_id="out-2", slug="acme", to=SAM, text="Yes", status="DELIVERED")
UNREAD = {"unread": 1}
THREADS = (
    Thread(slug="acme", ours=OURS, others=DANA, said=UNREAD, counted=UNREAD),
    Thread(slug="acme", ours=OURS, others=SAM, said={}, counted={}),
)
FOUND = Found(
    rows=(RECEIVED, SENT),
    threads=THREADS,
    carried=(TAKEN,),
    inbox={TEXT.event: ["processed"], RECEIPT: ["processed"]},
)


def wrongs(found: Found, promised: Ledger | None = None) -> set[Wrong]:
    return {breach.wrong for breach in judge(promised or ledger(), found)}


def test_kept_promises_are_no_breach() -> None:
    assert judge(ledger(), FOUND) == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({"rows": (SENT,)}, Wrong.LOST, id="a text in no message"),
        pytest.param(
            {"rows": (RECEIVED, replace(RECEIVED, id="m-3"), SENT)},
            Wrong.DOUBLED,
            id="a text in two messages",
        ),
        pytest.param(
            {"rows": (replace(RECEIVED, slug="globex"), SENT)},
            Wrong.UNTRUE,
            id="a text with another company",
        ),
        pytest.param(
            {"rows": (replace(RECEIVED, text="H"), SENT)}, Wrong.UNTRUE, id="an altered text"
        ),
        pytest.param(
            {"rows": (replace(RECEIVED, files=()), SENT)}, Wrong.FILE_LOST, id="a file not noted"
        ),
        pytest.param(
            {"rows": (replace(RECEIVED, files=(File(state="ready"),)), SENT)},
            Wrong.FILE_LOST,
            id="a file shown and gone",
        ),
        pytest.param({"rows": (RECEIVED,)}, Wrong.LOST, id="an accepted message gone"),
        pytest.param(
            {"rows": (RECEIVED, SENT, replace(SENT, id="m-4"))},
            Wrong.DOUBLED,
            id="one request, two messages",
        ),
        pytest.param(
            {"carried": (TAKEN, replace(TAKEN, carriers_id="out-3"))},
            Wrong.DOUBLED,
            id="twice at the carrier",
        ),
        pytest.param({"carried": ()}, Wrong.UNTRUE, id="delivered, and never carried"),
        pytest.param(
            {"rows": (RECEIVED, replace(SENT, status="sending"))}, Wrong.STUCK, id="still sending"
        ),
        pytest.param(
            {"rows": (RECEIVED, replace(SENT, status="unconfirmed", is_being_settled=True))},
            Wrong.STUCK,
            id="still being settled",
        ),
        pytest.param(
            {"rows": (RECEIVED, replace(SENT, status="failed"))},
            Wrong.UNTRUE,
            id="shown as not sent, and it was",
        ),
        pytest.param(
            {"rows": (RECEIVED, replace(SENT, status="unconfirmed"))},
            Wrong.UNTRUE,
            id="a receipt without effect",
        ),
        pytest.param(
            {"rows": (RECEIVED, SENT, replace(SENT, id="m-5", text="Boo"))},
            Wrong.UNTRUE,
            id="a message that nobody sent",
        ),
        pytest.param(
            {"carried": (TAKEN, replace(TAKEN, tag="m-9", text="Boo"))},
            Wrong.LOST,
            id="at the carrier only",
        ),
        pytest.param({"inbox": {TEXT.event: ["processed"]}}, Wrong.LOST, id="a receipt not stored"),
        pytest.param(
            {"inbox": {**FOUND.inbox, TEXT.event: ["pending"]}}, Wrong.STUCK, id="not routed"
        ),
        pytest.param(
            {"inbox": {**FOUND.inbox, TEXT.event: ["failed"]}}, Wrong.LOST, id="given up routing"
        ),
        pytest.param(
            {"inbox": {**FOUND.inbox, RECEIPT: ["processed", "processed"]}},
            Wrong.DOUBLED,
            id="an event stored twice",
        ),
        pytest.param({"threads": THREADS[:1]}, Wrong.MISCOUNTED, id="a conversation missing"),
        pytest.param(
            {"threads": (*THREADS, THREADS[0])}, Wrong.MISCOUNTED, id="a conversation twice"
        ),
        pytest.param(
            {"threads": (replace(THREADS[0], said={"unread": 0}), THREADS[1])},
            Wrong.MISCOUNTED,
            id="unread miscounted",
        ),
    ],
)
def test_a_broken_promise_is_found(changes: dict[str, object], wrong: Wrong) -> None:
    assert wrong in wrongs(replace(FOUND, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(
            replace(FOUND, rows=(RECEIVED, replace(SENT, status="unconfirmed")), carried=()),
            id="nobody knows, and that is shown",
        ),
        pytest.param(
            replace(FOUND, rows=(RECEIVED, replace(SENT, status="failed")), carried=()),
            id="not sent, and that is shown",
        ),
        pytest.param(
            replace(FOUND, rows=(replace(RECEIVED, files=(File(state="failed"),)), SENT)),
            id="a file that did not come, and that is shown",
        ),
    ],
)
def test_what_is_shown_as_it_is_breaks_nothing(found: Found) -> None:
    promised = ledger()
    if not found.carried:
        del promised.events[RECEIPT]
    assert wrongs(found, promised) == set()


def test_a_request_whose_answer_was_lost_may_exist_once() -> None:
    row = replace(SENT, id="m-6", text=DOUBTFUL.text, carriers_id="out-6")
    taken = replace(TAKEN, tag="m-6", carriers_id="out-6", text=DOUBTFUL.text)
    once = replace(FOUND, rows=(*FOUND.rows, row), carried=(TAKEN, taken))
    twice = replace(once, rows=(*once.rows, replace(row, id="m-7")))
    assert wrongs(once) == set()
    assert Wrong.DOUBLED in wrongs(twice)


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        pytest.param(503, False, id="come again"),
        pytest.param(0, False, id="no answer"),
        pytest.param(404, True, id="no such address"),
    ],
)
def test_a_living_address_may_only_put_the_carrier_off(
    status: int,
    counts: bool,  # noqa: FBT001  # a case's column
) -> None:
    promised = ledger()
    post = {"type": TEXT.event.type, "message_id": "in-1", "to": OURS, "at": "", "status": status}
    promised.posted(post)
    assert bool(judge(promised, FOUND)) is counts


def test_a_text_that_was_never_taken_is_told() -> None:
    promised = ledger()
    promised.events[TEXT.event] = None
    assert wrongs(replace(FOUND, inbox={RECEIPT: ["processed"]}), promised) == {Wrong.REFUSED}


def test_a_seed_chooses_everything() -> None:
    assert plan(7, seconds=60) == plan(7, seconds=60) != plan(8, seconds=60)
    assert {strike.kill for strike in plan(7, seconds=60).strikes} == set(Kill)
