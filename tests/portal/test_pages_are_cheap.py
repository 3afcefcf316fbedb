"""No page asks the database more than a dozen questions, however many rows stand behind it.

And none is changed by looking at it: whatever an action is called, a link to it does nothing.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.models import (
    AutoReply,
    Broadcast,
    BroadcastRecipient,
    BusinessHours,
    ConsentEntry,
    Contact,
    Conversation,
    Export,
    Extension,
    Holiday,
    InboundRule,
    InboundTarget,
    Message,
    MessageSetting,
    OptOut,
    OutboundRoute,
    OutboundRule,
    Recipient,
    RingGroup,
    RingGroupMember,
    SmsConfiguration,
    Template,
)
from messaging.models.message import Status
from providers.models import WebhookEvent
from tenants.models import (
    AccessEntry,
    ApiKey,
    Invitation,
    Membership,
    PhoneNumber,
    Tenant,
    Trunk,
    UsageDay,
    User,
)
from tests.portal.addresses import PUBLIC, TENANT, People, Samples, addresses

MOST = 12
ROWS = 60
_NO_QUESTIONS = ("SAVEPOINT", "RELEASE", "SET search_path")
_CHANGE = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) (?:"?\w+"?\.)?"?(\w+)', re.IGNORECASE)
_TRACES = {"tenants_apikey"}  # when it was last used


@pytest.fixture(scope="module")
def crowded(furnished: Samples, people: People) -> Samples:
    """Acme with sixty more rows of everything."""
    trunk = Trunk.objects.get(name="Bandwidth")
    now, acme, many = timezone.now(), people.tenant, range(ROWS)
    users = User.objects.bulk_create([User(email=f"p{n}@acme.example") for n in many])
    numbers = PhoneNumber.objects.bulk_create(
        [PhoneNumber(number=f"+1919556{n:04d}", trunk=trunk, tenant=acme) for n in many]
    )
    Trunk.objects.bulk_create([Trunk(name=f"Trunk {n}", tenant=acme) for n in many])
    AccessEntry.objects.bulk_create(
        [AccessEntry(user=people.system_admin, tenant=acme, action="visit", path="/") for _ in many]
    )
    ApiKey.objects.bulk_create(
        [ApiKey(user=users[n], tenant=acme, name=f"Key {n}", key_hash=b"k%31d" % n) for n in many]
    )
    Invitation.objects.bulk_create(
        [
            Invitation(
                email=f"i{n}@acme.example", tenant=acme, role="admin", token_hash=b"i%31d" % n,
                expires_at=now + timedelta(days=7), invited_by=people.admin,
            )
            for n in many
        ]
    )  # fmt: skip
    Tenant.objects.bulk_create(
        [Tenant(slug=f"t{n}", name=f"T {n}", schema_name=f"t_t{n}") for n in many]
    )
    UsageDay.objects.bulk_create(
        [
            UsageDay(tenant=acme, day=(now - timedelta(days=n)).date(), counted_at=now)
            for n in many
        ]
    )  # fmt: skip
    WebhookEvent.objects.bulk_create(
        [
            WebhookEvent(
                provider="bandwidth", dedupe_key=b"w%15d" % n, type="message-received",
                payload=b"{}", tenant=acme if n % 2 else None,
                state="failed" if n % 2 else "unrouted",
            )
            for n in many
        ]
    )  # fmt: skip
    with tenant_context(acme):
        _crowd_tenant(people, users, numbers)
    Membership.objects.bulk_create(
        [
            Membership(user=user, tenant=acme, role="extension", extension=f"2{n:02d}")
            for n, user in enumerate(users)
        ]
    )
    return furnished


def _crowd_tenant(people: People, users: list[User], numbers: list[PhoneNumber]) -> None:
    now, many = timezone.now(), range(ROWS)
    configuration = SmsConfiguration.objects.get()
    extensions = Extension.objects.bulk_create(
        [Extension(number=f"2{n:02d}", name=f"Desk {n}") for n in many]
    )
    groups = RingGroup.objects.bulk_create(
        [RingGroup(number=f"7{n:02d}", name=f"Group {n}") for n in many]
    )
    RingGroupMember.objects.bulk_create(
        [RingGroupMember(group=groups[n], extension=extensions[n - 1]) for n in many]
    )
    MessageSetting.objects.bulk_create(
        [
            MessageSetting(
                phone_number=numbers[n], provider=configuration, extension=extensions[n]
            )
            for n in many
        ]
    )  # fmt: skip
    Contact.objects.bulk_create(
        [Contact(number=f"+1512556{n:04d}", name=f"Contact {n}") for n in many]
    )
    OptOut.objects.bulk_create([OptOut(number=f"+1512557{n:04d}") for n in many])
    ConsentEntry.objects.bulk_create(
        [
            ConsentEntry(
                at=now, number=f"+1512557{n:04d}", action="opt_out", source="manual", by=users[n]
            )
            for n in many
        ]
    )
    weeks = BusinessHours.objects.bulk_create([BusinessHours(name=f"Week {n}") for n in many])
    AutoReply.objects.bulk_create(
        [AutoReply(name=f"Reply {n}", kind="closed", text="x", hours=weeks[n]) for n in many]
    )
    Holiday.objects.bulk_create(
        [Holiday(name=f"Day {n}", first_day=now.date(), last_day=now.date()) for n in many]
    )
    _crowd_rules(extensions, numbers)
    Template.objects.bulk_create([Template(title=f"Template {n}", text="x") for n in many])
    Export.objects.bulk_create([Export(kind="message_log", user=users[n]) for n in many])
    broadcasts = Broadcast.objects.bulk_create(
        [Broadcast(name=f"B {n}", our_number="+1", text="x", author=users[n]) for n in many]
    )
    sent_before = Broadcast.objects.get(name="Closed")
    BroadcastRecipient.objects.bulk_create(
        [
            BroadcastRecipient(broadcast=each, number=f"+1512556{n:04d}")
            for each in (sent_before, broadcasts[0])
            for n in many
        ]
    )
    conversations = Conversation.objects.bulk_create(
        [
            Conversation(
                our_number=numbers[n].number, participants_key=f"+1512556{n:04d}",
                extension=extensions[n], last_at=now, last_inbound_at=now, last_status="received",
                last_direction="in",
            )
            for n in many
        ]
    )  # fmt: skip
    own = Conversation.objects.get(participants_key="+15125550300")
    for conversation, status in [(c, Status.DELIVERED) for c in conversations] + [
        (own, status)
        for status in (Status.FAILED, Status.SCHEDULED, Status.DELIVERED, Status.RECEIVED)
        for _ in range(ROWS // 2)
    ]:
        _message(conversation, status, author=people.extension_user)


def _crowd_rules(extensions: list[Extension], numbers: list[PhoneNumber]) -> None:
    rules = InboundRule.objects.bulk_create(
        [
            InboundRule(
                name=f"Rule {n}", trunk=numbers[n].trunk, did_first=10**10, did_last=2 * 10**10
            )
            for n in range(ROWS)
        ]
    )
    first = InboundRule.objects.get(name="Front desk")
    routes = [first.advanced_routes.create(name=f"Route {n}", days="1") for n in range(ROWS)]
    InboundTarget.objects.bulk_create(
        [InboundTarget(rule=rule, kind="extension", extension=extensions[0]) for rule in rules]
        + [
            InboundTarget(rule=first, when="advanced", advanced=route, kind="nobody")
            for route in routes
        ]
    )
    ways = OutboundRule.objects.bulk_create(
        [OutboundRule(name=f"Way {n}", number_prefixes="44", priority=n) for n in range(ROWS)]
    )
    home, account = OutboundRule.objects.get(name="Home"), SmsConfiguration.objects.get()
    OutboundRoute.objects.bulk_create(
        [OutboundRoute(rule=way, configuration=account) for way in [*ways, *[home] * 5]]
    )


def _message(conversation: Conversation, status: Status, *, author: User) -> None:
    inbound = status == Status.RECEIVED
    message = Message.objects.create(
        conversation=conversation, direction="in" if inbound else "out", status=status,
        sender=conversation.our_number, text="Hello", created_at=timezone.now(),
        author=None if inbound else author,
        scheduled_at=timezone.now() + timedelta(days=1) if status == Status.SCHEDULED else None,
    )  # fmt: skip
    if not inbound:
        Recipient.objects.create(message=message, number="+15125550300", status=status)
    message.events.create(at=message.created_at, status=status)


def _dear(client: Client, paths: list[str]) -> dict[str, int]:
    """Open the pages; return those that open and cost too much, with their cost."""
    found: dict[str, int] = {}
    changed: dict[str, set[str]] = {}
    opened = 0
    for path in paths:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        opened += answer.status_code == 200
        if tables := _changed([q["sql"] for q in captured]):
            changed[path] = tables
        asked = [q["sql"] for q in captured if not q["sql"].startswith(_NO_QUESTIONS)]
        if answer.status_code == 200 and len(asked) > MOST:
            found[path] = len(asked)
    assert opened > 5
    assert changed == {}
    return found


def _changed(statements: list[str]) -> set[str]:
    changes = (_CHANGE.match(statement) for statement in statements)
    return {change[1] for change in changes if change} - _TRACES


def _paths(urlconf: str, samples: Samples, *, under: str) -> list[str]:
    prefix = "/t/acme/" if urlconf == TENANT else "/"
    return [prefix + a.filled(samples) for a in addresses(urlconf) if a.path.startswith(under)]


@pytest.mark.parametrize(
    ("urlconf", "under", "person"),
    [
        pytest.param(TENANT, "", "admin", id="a tenant's admin"),
        pytest.param(TENANT, "", "system_admin", id="a switched-in system admin"),
        pytest.param(TENANT, "inbox/", "extension_user", id="an extension user"),
        pytest.param(PUBLIC, "system/", "system_admin", id="a system admin"),
    ],
)
def test_no_page_asks_more_than_a_dozen_questions(
    urlconf: str, under: str, person: str, crowded: Samples, people: People, signed_in: Any
) -> None:
    client = signed_in(getattr(people, person))
    client.get("/t/acme/inbox/")  # the visit's own entry in the access log

    assert _dear(client, _paths(urlconf, crowded, under=under)) == {}


@pytest.mark.parametrize(
    ("urlconf", "person"),
    [
        pytest.param(TENANT, "admin", id="a tenant's admin"),
        pytest.param(TENANT, "extension_user", id="an extension user"),
        pytest.param(PUBLIC, "system_admin", id="a system admin"),
    ],
)
def test_no_api_answer_asks_more_than_a_dozen_questions(
    urlconf: str, person: str, crowded: Samples, people: People, api: Any
) -> None:
    client = api(getattr(people, person))

    assert _dear(client, _paths(urlconf, crowded, under="api/")) == {}
