"""Tables of a tenant's schema.

Foreign keys to the public schema are DO_NOTHING with a database constraint: deleting the public
row is refused by PostgreSQL, and Django does not look for the table from the public side. Those to
accounts have no constraint: there are a dozen in each tenant, and PostgreSQL would ask all of all
tenants whenever an account changes. Accounts go by tenants.deletion only, which asks itself.
"""

from messaging.models.attachment import Attachment, DiscardedFile
from messaging.models.auto_reply import AutoReply, AutoReplySent
from messaging.models.broadcast import Broadcast, BroadcastRecipient
from messaging.models.configuration import Extension, MessageSetting, SmsConfiguration
from messaging.models.consent import ConsentEntry, ConsentTexts, OptOut
from messaging.models.conversation import Contact, Conversation, ReadMark
from messaging.models.erasure import Erasure
from messaging.models.export import Export
from messaging.models.handling import HandlingEvent, Note
from messaging.models.hours import BusinessHours, Holiday
from messaging.models.idempotency import IdempotencyKey
from messaging.models.inbound_rule import AdvancedRoute, InboundRule, InboundTarget
from messaging.models.mail import MailDelivery
from messaging.models.message import (
    CarrierExchange,
    Message,
    MessageEvent,
    Recipient,
    ScheduledMessage,
)
from messaging.models.outbound_rule import OutboundRoute, OutboundRule
from messaging.models.push import NotificationChoice, PushSubscription
from messaging.models.ring_group import RingGroup, RingGroupMember
from messaging.models.sending_policy import SendingPolicy
from messaging.models.template import Template

__all__ = [
    "AdvancedRoute",
    "Attachment",
    "AutoReply",
    "AutoReplySent",
    "Broadcast",
    "BroadcastRecipient",
    "BusinessHours",
    "CarrierExchange",
    "ConsentEntry",
    "ConsentTexts",
    "Contact",
    "Conversation",
    "DiscardedFile",
    "Erasure",
    "Export",
    "Extension",
    "HandlingEvent",
    "Holiday",
    "IdempotencyKey",
    "InboundRule",
    "InboundTarget",
    "MailDelivery",
    "Message",
    "MessageEvent",
    "MessageSetting",
    "Note",
    "NotificationChoice",
    "OptOut",
    "OutboundRoute",
    "OutboundRule",
    "PushSubscription",
    "ReadMark",
    "Recipient",
    "RingGroup",
    "RingGroupMember",
    "ScheduledMessage",
    "SendingPolicy",
    "SmsConfiguration",
    "Template",
]
