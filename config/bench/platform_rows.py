"""What the platform's own pages show: webhook events of months, and who may look at them."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import connection

from config.bench import posts
from tenants.models import Tenant, User

_ROOT = "root@bench.example"
_ID = "0" * 29
_CUSTOMER = "0000"

# Nearly all of them routed long ago, a few given up.
_EVENTS = """
INSERT INTO providers_webhookevent (provider, endpoint_id, tenant_id, dedupe_key, type, payload,
  state, attempts, error, received_at)
SELECT 'bandwidth', NULL, %(tenant)s, decode(md5('bench-event-' || i), 'hex'), 'message-received',
  convert_to(replace(%(payload)s, %(id)s, lpad(to_hex(i), 29, '0')), 'UTF8'),
  CASE WHEN i %% 5000 = 0 THEN 'failed' ELSE 'processed' END, 1, '', now() - i * interval '30 s'
FROM generate_series(%(count)s, 1, -1) AS i
ON CONFLICT (dedupe_key) DO NOTHING
"""


def events(tenant: Tenant, *, count: int, say: Callable[[str], None]) -> None:
    """See to it that the webhook log has so many rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM providers_webhookevent WHERE tenant_id = %s", [tenant.pk]
        )
        if cursor.fetchone()[0] >= count:
            return
        began = time.monotonic()
        payload = posts.body("+19195550100", message_id=_ID, customer=_CUSTOMER)
        named = {"tenant": tenant.pk, "payload": payload, "id": _ID, "count": count}
        cursor.execute(_EVENTS, named)
        cursor.execute("VACUUM (ANALYZE) providers_webhookevent")
    say(f"made {count:,} webhook events in {time.monotonic() - began:.0f} s")


def root() -> User:
    """Return the system admin who looks at them, made if need be."""
    known = User.objects.filter(email=_ROOT).first()
    return known or User.objects.create_user(_ROOT, is_system_admin=True)
