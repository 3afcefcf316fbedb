"""Tables of a tenant's schema.

Foreign keys to the public schema are DO_NOTHING with a database constraint: deleting the public
row is refused by PostgreSQL, and Django does not look for the table from the public side.
"""

from messaging.models.attachment import Attachment
from messaging.models.configuration import Extension, MessageSetting, SmsConfiguration
from messaging.models.consent import OptOut
from messaging.models.conversation import Contact, Conversation, ReadMark
from messaging.models.export import Export
from messaging.models.mail import MailDelivery
from messaging.models.message import (
    CarrierExchange,
    Message,
    MessageEvent,
    Recipient,
    ScheduledMessage,
)
from messaging.models.push import NotificationChoice, PushSubscription
from messaging.models.template import Template

__all__ = [
    "Attachment",
    "CarrierExchange",
    "Contact",
    "Conversation",
    "Export",
    "Extension",
    "MailDelivery",
    "Message",
    "MessageEvent",
    "MessageSetting",
    "NotificationChoice",
    "OptOut",
    "PushSubscription",
    "ReadMark",
    "Recipient",
    "ScheduledMessage",
    "SmsConfiguration",
    "Template",
]
