"""Addresses of the tenant's API, relative to /t/<slug>/api/v1/."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from messaging.api.api_keys import ApiKeys
from messaging.api.audit import Audit, Visits
from messaging.api.auto_replies import AutoReplies
from messaging.api.base import NoSuchAddress
from messaging.api.broadcasts import Broadcasts
from messaging.api.business_hours import BusinessHoursSets
from messaging.api.check import CheckMessage
from messaging.api.configurations import SmsConfigurations
from messaging.api.consent import Consent, ConsentTextsView
from messaging.api.contacts import Contacts
from messaging.api.conversations import Conversations
from messaging.api.erasures import Erasures
from messaging.api.exports import Exports
from messaging.api.extensions import Extensions
from messaging.api.holidays import Holidays
from messaging.api.inbound_rules import InboundRules
from messaging.api.me import Me
from messaging.api.media import Media
from messaging.api.message_settings import MessageSettings
from messaging.api.messages import Messages
from messaging.api.openapi import TenantSchema
from messaging.api.opt_outs import OptOuts
from messaging.api.outbound_rules import OutboundRules
from messaging.api.people import Invitations, Members
from messaging.api.phone_numbers import PhoneNumbers
from messaging.api.push import OwnNotificationChoice, PushSubscriptions
from messaging.api.ring_groups import RingGroups
from messaging.api.sending_policy import Policy
from messaging.api.settings import Settings
from messaging.api.templates import Templates
from messaging.api.trunks import Trunks
from messaging.api.usage import Usage
from tenants.api.permissions import IsTenantUser

router = SimpleRouter()
router.register("sms-configurations", SmsConfigurations, basename="configuration")
router.register("extensions", Extensions, basename="extension")
router.register("ring-groups", RingGroups, basename="ring-group")
router.register("message-settings", MessageSettings, basename="setting")
router.register("conversations", Conversations, basename="conversation")
router.register("messages", Messages, basename="message")
router.register("media", Media, basename="media")
router.register("opt-outs", OptOuts, basename="opt-out")
router.register("consent", Consent, basename="consent")
router.register("auto-replies", AutoReplies, basename="auto-reply")
router.register("contacts", Contacts, basename="contact")
router.register("members", Members, basename="member")
router.register("invitations", Invitations, basename="invitation")
router.register("templates", Templates, basename="template")
router.register("api-keys", ApiKeys, basename="api-key")
router.register("audit", Audit, basename="audit")
router.register("visits", Visits, basename="visit")
router.register("trunks", Trunks, basename="trunk")
router.register("phone-numbers", PhoneNumbers, basename="phone-number")
router.register("push-subscriptions", PushSubscriptions, basename="push-subscription")
router.register("exports", Exports, basename="export")
router.register("erasures", Erasures, basename="erasure")
router.register("broadcasts", Broadcasts, basename="broadcast")
router.register("usage", Usage, basename="usage")
router.register("inbound-rules", InboundRules, basename="inbound-rule")
router.register("outbound-rules", OutboundRules, basename="outbound-rule")
router.register("business-hours", BusinessHoursSets, basename="business-hours")
router.register("holidays", Holidays, basename="holiday")

_FOR_USERS = {"permission_classes": [IsTenantUser]}

app_name = "api"
urlpatterns = [
    path("messages/check/", CheckMessage.as_view(), name="message-check"),
    path("", include(router.urls)),
    path("me/", Me.as_view(), name="me"),
    path("settings/", Settings.as_view(), name="settings"),
    path("sending-policy/", Policy.as_view(), name="sending-policy"),
    path("consent-texts/", ConsentTextsView.as_view(), name="consent-texts"),
    path("notification-choice/", OwnNotificationChoice.as_view(), name="notification-choice"),
    path(
        "schema/",
        SpectacularAPIView.as_view(generator_class=TenantSchema, **_FOR_USERS),
        name="schema",
    ),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="api:schema", http_method_names=["get", "head"], **_FOR_USERS
        ),
        name="docs",
    ),
    re_path(r"", NoSuchAddress.as_view()),
]
