"""A list of many rows costs as many queries as a list of a few."""

from __future__ import annotations

from datetime import timedelta

from auditlog.context import disable_auditlog
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.models import (
    AdvancedRoute,
    Attachment,
    AutoReply,
    Broadcast,
    BroadcastRecipient,
    BusinessHours,
    ConsentEntry,
    Contact,
    Extension,
    Holiday,
    InboundRule,
    InboundTarget,
    MessageSetting,
    Note,
    OptOut,
    OutboundRoute,
    OutboundRule,
    RingGroup,
    RingGroupMember,
)
from tenants.models import PhoneNumber

BASE = "/t/acme/api/v1/"


def _queries(client, path) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(f"{BASE}{path}")
    assert answer.status_code == 200, answer.content
    assert answer.json()["results"]
    return len(captured)


# Rows are grown once for all lists: they take far longer than the questions.
LISTS = {
    "alice": [
        "sms-configurations/",
        "extensions/",
        "message-settings/",
        "opt-outs/",
        "conversations/",
        "conversations/?unread=true&q=c",
        "messages/",
    ],
    "bob": ["conversations/", "messages/", "contacts/"],
}


def test_a_list_is_read_in_a_fixed_number_of_queries(
    api, acme, inside, trunk, acme_line, make_message, hour_ago, alice, bob
) -> None:
    def grow(rows: range) -> None:
        for n in rows:
            other = f"+151255503{n:02}"
            message = make_message(
                acme, f"m{n}", others=(other,), extension="101", at=hour_ago + timedelta(seconds=n)
            )
            make_message(acme, f"m{n} out", direction="out", others=(other,))
            number = PhoneNumber.objects.create(number=f"+1919555{n:04}", trunk=trunk, tenant=acme)
            with inside(acme):
                Attachment.objects.create(message=message, state="ready")
                Contact.objects.create(number=other, name=f"C{n}")
                extension = Extension.objects.create(number=f"2{n:02}")
                OptOut.objects.create(number=other)
                MessageSetting.objects.create(
                    phone_number=number, provider=acme_line.provider, extension=extension
                )

    clients = {"alice": api(alice), "bob": api(bob)}
    asked = [(person, path) for person, paths in LISTS.items() for path in paths]
    grow(range(2))
    few = {each: _queries(clients[each[0]], each[1]) for each in asked}
    grow(range(2, 12))
    many = {each: _queries(clients[each[0]], each[1]) for each in asked}
    assert {each: many[each] for each in asked if many[each] > few[each]} == {}


RULES = [
    "inbound-rules/",
    "outbound-rules/",
    "business-hours/",
    "holidays/",
    "ring-groups/",
    "auto-replies/",
    "consent/",
    "broadcasts/",
    "message-settings/",
    "conversations/?scope=shared",
    "messages/?origin=broadcast",
]


def test_a_hundred_rows_cost_no_more_than_two(
    api, acme, alice, inside, trunk, acme_line, make_message
) -> None:
    def grow(rows: range) -> None:
        for n in rows:
            number = PhoneNumber.objects.create(number=f"+1919556{n:04}", trunk=trunk, tenant=acme)
            message = make_message(
                acme, f"m{n}", direction="out", others=(f"+1512556{n:04}",), origin="broadcast"
            )
            with inside(acme), disable_auditlog():
                _furnish(n, number, message, acme_line, alice)

    client = api(alice)
    grow(range(2))
    with inside(acme):
        broadcast = Broadcast.objects.earliest("created_at")
        note = Note.objects.earliest("pk")
    addresses = [
        f"{path}{'&' if '?' in path else '?'}page_size=200"
        for path in (
            *RULES,
            f"broadcasts/{broadcast.pk}/recipients/",
            f"conversations/{note.conversation_id}/notes/",
        )
    ]
    few = {address: _queries(client, address) for address in addresses}
    grow(range(2, 100))
    for address in addresses:
        assert len(client.get(f"{BASE}{address}").json()["results"]) >= 100, address
    many = {address: _queries(client, address) for address in addresses}
    assert {address: many[address] for address in many if many[address] > few[address]} == {}
    assert max(few.values()) <= 16


def _furnish(n: int, number, message, line, author) -> None:
    extension = Extension.objects.create(number=f"3{n:03}")
    group = RingGroup.objects.create(number=f"6{n:03}", name=f"G{n}")
    RingGroupMember.objects.create(group=group, extension=extension)
    setting = MessageSetting.objects.create(
        phone_number=number, provider=line.provider, ring_group=group
    )
    setting.other_extensions.add(extension)
    hours = BusinessHours.objects.create(name=f"H{n}")
    holiday = Holiday.objects.create(name=f"D{n}", first_day="2026-12-24", last_day="2026-12-26")
    inbound = InboundRule.objects.create(
        name=f"I{n}", trunk=number.trunk, did_first=10_000 + n, did_last=10_000 + n, hours=hours
    )
    inbound.holidays.add(holiday)
    advanced = AdvancedRoute.objects.create(rule=inbound, name="A")
    for times in ({"when": "open"}, {"when": "advanced", "advanced": advanced}):
        InboundTarget.objects.create(rule=inbound, kind="extension", extension=extension, **times)
        InboundTarget.objects.create(rule=inbound, kind="ring_group", ring_group=group, **times)
    outbound = OutboundRule.objects.create(name=f"O{n}", number_prefixes="1", hours=hours)
    outbound.user_groups.add(group)
    OutboundRoute.objects.create(rule=outbound, position=1, configuration=line.provider)
    AutoReply.objects.create(name=f"R{n}", kind="closed", text="Closed.", hours=hours)
    ConsentEntry.objects.create(
        at=timezone.now(), number=number.number, action="opt_out", source="manual", by=author
    )
    broadcast = Broadcast.objects.create(name=f"B{n}", our_number="+19195550101", text="Hi")
    message.broadcast = broadcast
    message.save(update_fields=["broadcast"])
    first = Broadcast.objects.earliest("created_at")
    contact = Contact.objects.create(number=f"+1512557{n:04}", name=f"C{n}")
    BroadcastRecipient.objects.create(
        broadcast=first,
        number=contact.number,
        contact=contact,
        message_id=message.pk,
        state="written",
    )
    thread = message.conversation
    type(thread).objects.filter(pk=thread.pk).update(
        ring_group=group, extension=extension, shared_with=[extension.pk]
    )
    oldest = type(thread).objects.earliest("pk")
    Note.objects.create(
        conversation=oldest,
        author=author,
        text="See",
        mentions=[extension.pk],
        created_at=timezone.now(),
    )
