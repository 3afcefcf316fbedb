"""Entering the screens on the tenant's site; imported once, when the app is ready."""

from auditlog.models import LogEntry

from messaging.admin.api_keys import ApiKeyAdmin
from messaging.admin.audit import AuditAdmin, VisitAdmin
from messaging.admin.auto_replies import AutoReplyAdmin
from messaging.admin.broadcasts import BroadcastAdmin
from messaging.admin.business_hours import BusinessHoursAdmin
from messaging.admin.configurations import ConfigurationAdmin
from messaging.admin.consent_ledger import ConsentLedgerAdmin
from messaging.admin.consent_texts import ConsentTextsAdmin
from messaging.admin.contacts import ContactAdmin
from messaging.admin.exports import ExportAdmin
from messaging.admin.extensions import ExtensionAdmin
from messaging.admin.holidays import HolidayAdmin
from messaging.admin.inbound_rules import InboundRuleAdmin
from messaging.admin.invitations import InvitationAdmin
from messaging.admin.members import MemberAdmin
from messaging.admin.message_log import MessageLogAdmin
from messaging.admin.message_settings import MessageSettingAdmin
from messaging.admin.opt_outs import OptOutAdmin
from messaging.admin.outbound_rules import OutboundRuleAdmin
from messaging.admin.personal_data import ErasureAdmin
from messaging.admin.phone_numbers import PhoneNumberAdmin
from messaging.admin.ring_groups import RingGroupAdmin
from messaging.admin.scheduled import ScheduledMessageAdmin
from messaging.admin.sending_policy import SendingPolicyAdmin
from messaging.admin.settings import SettingsAdmin
from messaging.admin.templates import TemplateAdmin
from messaging.admin.trunks import TrunkAdmin
from messaging.models import (
    AutoReply,
    Broadcast,
    BusinessHours,
    ConsentEntry,
    ConsentTexts,
    Contact,
    Erasure,
    Export,
    Extension,
    Holiday,
    InboundRule,
    Message,
    MessageSetting,
    OptOut,
    OutboundRule,
    RingGroup,
    ScheduledMessage,
    SendingPolicy,
    SmsConfiguration,
    Template,
)
from tenants.models import AccessEntry, ApiKey, Invitation, Membership, PhoneNumber, Tenant, Trunk
from tenants.sites import tenant_site

tenant_site.index_template = "messaging/dashboard.html"
tenant_site.register(SmsConfiguration, ConfigurationAdmin)
tenant_site.register(MessageSetting, MessageSettingAdmin)
tenant_site.register(Extension, ExtensionAdmin)
tenant_site.register(RingGroup, RingGroupAdmin)
tenant_site.register(Trunk, TrunkAdmin)
tenant_site.register(PhoneNumber, PhoneNumberAdmin)
tenant_site.register(Membership, MemberAdmin)
tenant_site.register(Invitation, InvitationAdmin)
tenant_site.register(Contact, ContactAdmin)
tenant_site.register(OptOut, OptOutAdmin)
tenant_site.register(ConsentEntry, ConsentLedgerAdmin)
tenant_site.register(ConsentTexts, ConsentTextsAdmin)
tenant_site.register(AutoReply, AutoReplyAdmin)
tenant_site.register(Template, TemplateAdmin)
tenant_site.register(Message, MessageLogAdmin)
tenant_site.register(Export, ExportAdmin)
tenant_site.register(Erasure, ErasureAdmin)
tenant_site.register(LogEntry, AuditAdmin)
tenant_site.register(AccessEntry, VisitAdmin)
tenant_site.register(ApiKey, ApiKeyAdmin)
tenant_site.register(Tenant, SettingsAdmin)
tenant_site.register(ScheduledMessage, ScheduledMessageAdmin)
tenant_site.register(InboundRule, InboundRuleAdmin)
tenant_site.register(BusinessHours, BusinessHoursAdmin)
tenant_site.register(Holiday, HolidayAdmin)
tenant_site.register(SendingPolicy, SendingPolicyAdmin)
tenant_site.register(OutboundRule, OutboundRuleAdmin)
tenant_site.register(Broadcast, BroadcastAdmin)
