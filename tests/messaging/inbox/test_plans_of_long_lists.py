"""Neither a page nor a task reads a long table whole: PostgreSQL tells how it answers each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from config.platform_figures import waiting_events
from messaging import sweeps
from messaging.admin.capped_pages import CappedPaginator
from messaging.inbound import claims
from messaging.models import MessageSetting
from tenants.api import pagination
from tenants.models import Tenant, User

MESSAGES = 20_000
CONVERSATIONS = 2_000
LONG = {
    "messaging_message",
    "messaging_recipient",
    "messaging_messageevent",
    "providers_webhookevent",
}
TABLES = LONG | {"messaging_conversation", "messaging_contact"}
# Part of a name or of a number is looked for in all of them: some thousands, never millions.
LOOKED_THROUGH = ("LIKE UPPER('%", "LIKE '%", "'participants_key' ~ ")
# Counts that stop by themselves before a quarter is read, which is looked at too.
BOUNDED = re.compile(r"SELECT COUNT\(\*\) FROM \(SELECT .* LIMIT 100[01]\) subquery", re.DOTALL)

FILL = f"""
INSERT INTO messaging_conversation (id, our_number, participants_key, extension_id, shared_with,
  last_text, last_at, last_inbound_at, last_status, last_direction, created_at, done_at)
SELECT i, '+19195550101', '+1512' || (1000000 + i), CASE WHEN i %% 200 = 0 THEN %(desk)s END,
  '{{}}', 'x', now() - i * interval '1 hour', now() - i * interval '1 hour',
  CASE WHEN i %% 50 = 0 THEN 'failed' ELSE 'received' END, 'in', now(),
  CASE WHEN i %% 3 = 0 THEN now() END
FROM generate_series(1, {CONVERSATIONS}) i;
INSERT INTO messaging_message (id, conversation_id, direction, kind, status, sender, text,
  segment_count, encoding, consent_keyword, provider_message_id, failure_reason, error_code,
  error_text, attempts, lookups, origin, routes_tried, created_at, sent_at)
SELECT md5(i::text)::uuid, 1 + i %% {CONVERSATIONS}, CASE WHEN i %% 2 = 0 THEN 'in' ELSE 'out' END,
  CASE WHEN i %% 200 = 1 THEN 'mms' ELSE 'sms' END,
  CASE WHEN i %% 2 = 0 THEN 'received' WHEN i %% 50 = 1 THEN 'failed'
       WHEN i %% 150 = 3 THEN 'unconfirmed' ELSE 'delivered' END,
  '+19195550101',
  CASE WHEN i %% 20 = 0 THEN 'your appointment is ready' ELSE 'hello ' || md5(i::text) END
    || CASE WHEN i = 77 THEN ' zebrafish' ELSE '' END,
  1, 'GSM-7', '', 'p' || i, CASE WHEN i %% 50 = 1 THEN 'unreachable' ELSE '' END,
  CASE WHEN i %% 50 = 1 THEN '4720' ELSE '' END, '', 1, 0,
  CASE WHEN i %% 500 = 5 THEN 'auto_reply' ELSE 'person' END, 0, now() - i * interval '6 minutes',
  now()
FROM generate_series(1, {MESSAGES}) i;
INSERT INTO messaging_recipient (message_id, number, dialed, status, error_code)
SELECT id, '+1512' || (1000000 + conversation_id), '', status, '' FROM messaging_message;
INSERT INTO messaging_messageevent (message_id, at, status, recipient, error_code, detail)
SELECT id, created_at, status, '', '', '' FROM messaging_message;
INSERT INTO messaging_readmark (user_id, conversation_id, read_at)
SELECT %(reader)s, id, now() FROM messaging_conversation WHERE id %% 10 <> 0;
INSERT INTO messaging_contact (number, name, company, email, tags, notes, created_at)
SELECT participants_key, 'Dana ' || id, '', '', '{{}}', '', now() FROM messaging_conversation;
INSERT INTO providers_webhookevent (provider, dedupe_key, type, payload, state, tenant_id, attempts,
  error)
SELECT 'bandwidth', decode(md5(i::text), 'hex'), 'message-received', ''::bytea,
  CASE WHEN i %% 500 = 0 THEN 'failed' ELSE 'processed' END, %(tenant)s, 1, ''
FROM generate_series(1, {MESSAGES}) i;
"""  # noqa: S608  # of the two constants

INBOX, LOG, API = "/t/acme/inbox/", "/t/acme/messaging/message/", "/t/acme/api/v1/"
EVENTS = "/system/providers/webhookevent/"
LISTED = (
    "", "?only=unread", "?only=failed", "?only=unassigned", "?only=mine", "?only=shared",
    "?only=mentions", "?only=done", "?before=1700000000000000-1", "?number=%2B19195550101",
    "?q=your+appointment+is+ready", "?q=zebrafish", "?q=a", "?q=5121000",
    "?only=failed&q=appointment",
)  # fmt: skip
SEEN = (
    "",
    "?only=unread",
    "?only=done",
    "?before=1700000000000000-1",
    "?q=zebra",
)
LOGGED = (
    "", "?p=20", "?direction=in", "?status=failed", "?status=canceled", "?status=queued",
    "?kind=mms", "?reason=unreachable", "?error_code=1", "?extension=101",
    "?from=2026-01-01&to=2026-01-02", "?q=appointment", "?q=zebrafish", "?q=%2B15121000005",
)  # fmt: skip
ASKED = (
    "conversations/", "conversations/?unread=true", "conversations/?failed=true",
    "conversations/5/messages/", "messages/", "messages/?page=3", "messages/?status=failed",
    "messages/?kind=mms", "messages/?origin=auto_reply", "messages/?error_code=4720",
    "messages/?provider_message_id=p77", "messages/?q=zebrafish", "messages/?extension=101",
    "contacts/",
)  # fmt: skip


@pytest.fixture
def full(
    acme: Tenant, acme_line: MessageSetting, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fill Acme with so many rows that PostgreSQL plans as for a million."""
    monkeypatch.setattr(pagination, "_MOST", 1_000)
    monkeypatch.setattr(CappedPaginator, "most", 1_000)
    values = {"desk": acme_line.extension_id, "reader": alice.pk, "tenant": acme.pk}
    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute(FILL, values)
        cursor.execute(f"ANALYZE {', '.join(sorted(TABLES | {'messaging_readmark'}))}")


@pytest.mark.usefixtures("full")
def test_nothing_reads_a_long_table_whole(
    acme: Tenant, root: User, alice: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    admin, user, system = signed_in(alice), signed_in(bob), signed_in(root)
    rows = [f"{INBOX}rows/{query}" for query in LISTED]
    seen = [f"{INBOX}rows/{query}" for query in SEEN]
    own = [f"{INBOX}200/", f"{INBOX}200/messages/?before=1700000000000000-{'0' * 32}"]
    pages = [
        *((admin, page) for page in (INBOX, f"{INBOX}?as=101", *rows, *own, f"{INBOX}news/")),
        *((user, page) for page in (INBOX, *seen, *own, f"{INBOX}news/")),
        *((admin, LOG + query) for query in LOGGED),
        *((admin, f"{API}{path}") for path in ASKED),
        *((user, f"{API}{path}") for path in ("conversations/", "messages/")),
        *((system, EVENTS + query) for query in ("", "?p=3", "?state__exact=failed")),
    ]
    questions: dict[str, str] = {}
    for client, page in pages:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200, page
        questions |= {_shape(query["sql"]): query["sql"] for query in asked.captured_queries}
    with tenant_context(acme), CaptureQueriesContext(connection) as asked:
        sweeps.sweep()
        claims.heads()
        claims.claim([acme.pk], limit=100)
        waiting_events()
    questions |= {_shape(query["sql"]): query["sql"] for query in asked.captured_queries}
    assert [fault for sql in questions.values() for fault in _faults(acme, sql)] == []


def _shape(sql: str) -> str:
    return re.sub(r"[0-9a-f]{6,}|\d+", "", sql)


def _faults(tenant: Tenant, sql: str) -> Iterator[str]:
    if not sql.lstrip("( \n").startswith(("SELECT", "WITH")):
        return
    if not any(table in sql for table in TABLES):
        return
    for node in _plan(tenant, sql):
        if node.get("Relation Name") in LONG and _read(node) > MESSAGES // 4:
            yield f"reads {_read(node)} rows of {node['Relation Name']}: {sql}"
    if any(part in sql for part in LOOKED_THROUGH) or BOUNDED.match(sql):
        return
    for node in _plan(tenant, sql, "SET LOCAL enable_seqscan = off"):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in TABLES:
            yield f"has no index of {node['Relation Name']} to use: {sql}"


def _read(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node["Actual Rows"] + removed) * node["Actual Loops"])


def _plan(tenant: Tenant, sql: str, setting: str = "") -> Iterator[dict[str, Any]]:
    how = "" if setting else "ANALYZE, TIMING OFF, "
    with tenant_context(tenant), connection.cursor() as cursor:
        # As our own server is set; by default plans of tables so small are a toss-up.
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        cursor.execute(setting or "SET LOCAL enable_seqscan = on")
        cursor.execute(f"EXPLAIN ({how}FORMAT JSON) {sql}")
        ((found,),) = cursor.fetchall()
        cursor.execute("SET LOCAL enable_seqscan = on")
    waiting = [found[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        yield node
