"""Acme with at least one row behind each screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.conversations import conversation_with, note_last
from messaging.models import (
    Attachment,
    AutoReply,
    Broadcast,
    BusinessHours,
    ConsentEntry,
    Contact,
    Conversation,
    Erasure,
    Export,
    Extension,
    HandlingEvent,
    Holiday,
    InboundRule,
    Message,
    Note,
    OptOut,
    OutboundRoute,
    OutboundRule,
    PushSubscription,
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
    ThroughputPreset,
    Trunk,
    User,
)
from tests.conftest import (
    ACME_NUMBER,
    CUSTOMER,
    SIGN_IN_BACKEND,
    _configuration,
    line_of_101,
    member,
    system_admin,
)
from tests.portal.addresses import People, Samples


def write_message(conversation: Conversation, *, inbound: bool, **fields: Any) -> Message:
    """Store a message of the conversation, with what usually hangs on it."""
    other = conversation.participants[0]
    status = Status.RECEIVED if inbound else Status.DELIVERED
    message = Message.objects.create(
        **{
            "conversation": conversation,
            "direction": "in" if inbound else "out",
            "status": status,
            "sender": other if inbound else conversation.our_number,
            "text": "Is my crown ready?",
            "created_at": timezone.now(),
            **fields,
        }
    )
    if not inbound:
        Recipient.objects.create(message=message, number=other, status=message.status)
    message.events.create(at=message.created_at, status=message.status)
    note_last(message)
    return message


@pytest.fixture(scope="module")
def kept(_surroundings: None, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Keep what the module's fixtures store until its last test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _taken_back(kept: None, db: None) -> None:
    """Take back what a test stores: it runs in a savepoint of what is kept."""


@pytest.fixture(scope="module")
def people(kept: None) -> People:
    """Acme and one person of each role."""
    acme, globex = (Tenant.objects.get(slug=slug) for slug in ("acme", "globex"))
    return People(
        tenant=acme,
        system_admin=system_admin(),
        admin=member("alice@acme.example", acme, "admin"),
        extension_user=member("bob@acme.example", acme, "extension", "101"),
        other_admin=member("gina@globex.example", globex, "admin"),
    )


@pytest.fixture(scope="module")
def signed_in(people: People) -> Callable[[User], Client]:
    """Browser of a person, who signed in before the module's first test."""
    sessions = {}
    for each in fields(people):
        if isinstance(person := getattr(people, each.name), User):
            client = Client()
            client.force_login(person, backend=SIGN_IN_BACKEND)
            sessions[person.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def sign_in(user: User) -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = sessions[user.pk]
        return client

    return sign_in


@pytest.fixture(scope="module")
def furnished(people: People) -> Samples:
    """Fill Acme; returns the keys of what was made."""
    acme, root, alice, bob = (
        people.tenant,
        people.system_admin,
        people.admin,
        people.extension_user,
    )
    trunk = Trunk.objects.create(name="Bandwidth", provider="bandwidth", hostname="sip.example.com")
    number = PhoneNumber.objects.create(number=ACME_NUMBER, trunk=trunk, tenant=acme)
    acme_line = line_of_101(acme, number, _configuration(acme, trunk))
    now = timezone.now()
    event = WebhookEvent.objects.create(
        provider="bandwidth", dedupe_key=b"x" * 16, type="message-received", payload=b"{}",
        tenant=acme, state=WebhookEvent.State.FAILED, error="Cannot be read.",
    )  # fmt: skip
    key, _ = ApiKey.issue(alice, tenant=acme, name="Booking system")
    entry = AccessEntry.objects.create(user=root, tenant=acme, action="visit", path="/t/acme/")
    invitation = Invitation.objects.create(
        email="new@acme.example", tenant=acme, role="admin", token_hash=b"h" * 32,
        expires_at=now + timedelta(days=7), invited_by=alice,
    )  # fmt: skip
    membership = Membership.objects.get(user=bob, tenant=acme)
    with tenant_context(acme):
        extension = Extension.objects.get(number="101")
        conversation = conversation_with(ACME_NUMBER, [CUSTOMER], at=now)
        conversation.extension = extension
        group = RingGroup.objects.create(number="600", name="Front desk")
        RingGroupMember.objects.create(group=group, extension=extension)
        conversation.ring_group = group
        conversation.save()
        HandlingEvent.objects.create(
            conversation=conversation, at=now, kind="given", extension=extension
        )
        Note.objects.create(
            conversation=conversation, text="@101 call her", mentions=[extension.pk],
            author=alice, created_at=now,
        )  # fmt: skip
        inbound = write_message(conversation, inbound=True)
        failed = write_message(conversation, inbound=False, status=Status.FAILED, error_code="4720")
        due = now + timedelta(days=1)
        scheduled = write_message(
            conversation, inbound=False, status=Status.SCHEDULED, scheduled_at=due, author=bob
        )
        attachment = Attachment.objects.create(message=inbound, state="failed", name="x-ray.png")
        contact = Contact.objects.create(number=CUSTOMER, name="Dana Rivers", tags=["patient"])
        opt_out = OptOut.objects.create(our_number=ACME_NUMBER, number="+15125550301")
        auto_reply = AutoReply.objects.create(name="Closed", kind="closed", text="Back at 9")
        consent_entry = ConsentEntry.objects.create(
            at=now, number=CUSTOMER, action="opt_out", source="keyword", message_id=inbound.pk
        )
        hours = BusinessHours.objects.create(name="Office", is_default=True)
        holiday = Holiday.objects.create(name="X-mas", first_day=now, last_day=now)
        inbound_rule = InboundRule.objects.create(
            name="Front desk", trunk=trunk, did_first=19195550101, did_last=19195550101
        )
        inbound_rule.targets.create(kind="extension", extension=extension)
        late = inbound_rule.advanced_routes.create(name="Late", weekdays="6")
        late.targets.create(rule=inbound_rule, when="advanced", kind="nobody")
        outbound_rule = OutboundRule.objects.create(name="Home", number_prefixes="1")
        OutboundRoute.objects.create(
            rule=outbound_rule, configuration=SmsConfiguration.objects.get(), sender=ACME_NUMBER
        )
        Message.objects.filter(pk=failed.pk).update(outbound_rule=outbound_rule)
        template = Template.objects.create(title="Opening hours", text="8 to 6")
        export = Export.objects.create(kind="message_log", user=alice)
        erasure = Erasure.objects.create(number=CUSTOMER, hint="…0300", user=alice)
        broadcast = Broadcast.objects.create(
            name="Closed", our_number=ACME_NUMBER, text="We are closed.", author=alice
        )
        broadcast.recipients.create(number=CUSTOMER, contact=contact)
        push = PushSubscription.objects.create(
            user=bob, endpoint="https://fcm.googleapis.com/x", endpoint_hash=b"e" * 32,
            p256dh="k", auth="a",
        )  # fmt: skip
        configuration = SmsConfiguration.objects.get()
    preset = ThroughputPreset.objects.create(kind="toll_free", segments_per_second=25)
    by_model = {
        "messaging/smsconfiguration": configuration.pk,
        "messaging/messagesetting": acme_line.pk,
        "messaging/extension": extension.pk,
        "messaging/ringgroup": group.pk,
        "messaging/contact": contact.pk,
        "messaging/optout": opt_out.pk,
        "messaging/autoreply": auto_reply.pk,
        "messaging/consententry": consent_entry.pk,
        "messaging/consenttexts": 1,
        "messaging/businesshours": hours.pk,
        "messaging/holiday": holiday.pk,
        "messaging/inboundrule": inbound_rule.pk,
        "messaging/outboundrule": outbound_rule.pk,
        "messaging/template": template.pk,
        "messaging/export": export.pk,
        "messaging/erasure": erasure.pk,
        "messaging/broadcast": broadcast.pk,
        "messaging/sendingpolicy": 1,
        "messaging/message": failed.pk,
        "messaging/scheduledmessage": scheduled.pk,
        "tenants/trunk": trunk.pk,
        "tenants/throughputpreset": preset.pk,
        "tenants/phonenumber": number.pk,
        "tenants/membership": membership.pk,
        "tenants/invitation": invitation.pk,
        "tenants/apikey": key.pk,
        "tenants/tenant": acme.pk,
        "tenants/user": bob.pk,
        "tenants/accessentry": entry.pk,
        "providers/webhookevent": event.pk,
    }
    by_resource = {
        "sms-configurations": configuration.pk,
        "message-settings": acme_line.pk,
        "extensions": extension.pk,
        "ring-groups": group.pk,
        "contacts": contact.pk,
        "opt-outs": opt_out.pk,
        "auto-replies": auto_reply.pk,
        "business-hours": hours.pk,
        "holidays": holiday.pk,
        "inbound-rules": inbound_rule.pk,
        "outbound-rules": outbound_rule.pk,
        "templates": template.pk,
        "exports": export.pk,
        "erasures": erasure.pk,
        "broadcasts": broadcast.pk,
        "messages": failed.pk,
        "conversations": conversation.pk,
        "media": attachment.pk,
        "push-subscriptions": push.pk,
        "trunks": trunk.pk,
        "phone-numbers": number.pk,
        "throughput-presets": preset.pk,
        "memberships": membership.pk,
        "users": bob.pk,
        "members": membership.pk,
        "invitations": invitation.pk,
        "api-keys": key.pk,
        "webhook-events": event.pk,
        "tenants": "acme",
    }
    by_parameter = {
        "broadcast_id": broadcast.pk,
        "conversation_id": conversation.pk,
        "message_id": failed.pk,
        "attachment_id": attachment.pk,
        "template_id": template.pk,
        "export_id": export.pk,
        "subscription_id": push.pk,
        "contact_id": contact.pk,
        "content_type_id": ContentType.objects.get_for_model(Tenant).pk,
        "app_label": "messaging",
        "provider": "bandwidth",
        "token": "not-a-token",
        "url": "nowhere",
        "uuid": uuid.UUID(int=1),
    }
    return Samples(by_model=by_model, by_resource=by_resource, by_parameter=by_parameter)
