"""Message Channel > SMS/MMS: a tenant's own accounts with Bandwidth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import action, display

from messaging.admin.base import ScreenRequest, national
from messaging.admin.configuration_form import SIGN_IN_FIELDS, ConfigurationForm
from messaging.admin.webhook_address import WebhookAddressAdmin
from messaging.configurations import (
    check_credentials,
    create_configuration,
    delete_configuration,
    save_configuration,
)
from messaging.delivery.silence import CAUSE, TEXTS, is_deaf, is_deaf_each
from messaging.models import MessageSetting, SmsConfiguration
from messaging.outbound.rules.storing import needed_by
from messaging.pacing.figures import account_pace
from messaging.pacing.waiting import waiting_on_each
from tenants.models import PhoneNumber

_WEBHOOK_HINT = (
    "In the Bandwidth dashboard open Applications, choose your messaging application and paste the"
    " webhook URL as its callback URL: both as the inbound callback URL and as the status callback"
    " URL. To protect the address, choose a callback username and password here and enter the"
    " same there. Bandwidth first asks without them and is answered 401: that is normal, it then"
    " asks again with them."
)
Answer = TypeVar("Answer")
_PACE_HINT = (
    "Bandwidth agrees with each account on the segments it may send per second. What is over it"
    " waits here, replies before broadcasts, and nothing fails by it. When Bandwidth says that its"
    " queue is full, the pace is halved at once and comes back by itself within minutes."
)
_TESTED_AT_ONCE = 5  # each may take the carrier's whole time-out
_STATUS = {"off": "info", "ready": "success", "new": "warning", "failing": "danger"}


def _once(obj: SmsConfiguration, name: str, ask: Callable[[SmsConfiguration], Answer]) -> Answer:
    """Ask once for a page: unfold reads each field several times."""
    known = vars(obj)
    if f"_told_{name}" not in known:
        known[f"_told_{name}"] = ask(obj)
    answer: Answer = known[f"_told_{name}"]
    return answer


class ConfigurationAdmin(WebhookAddressAdmin):
    """SMS/MMS configurations: list, form, webhook, test of the credentials."""

    form = ConfigurationForm
    list_display = ["name", "trunk", "host", "sender", "status", "last_inbound", "webhook"]
    list_select_related = ["trunk", "endpoint"]
    search_fields = ["name", "sender_id", "account_id", "trunk__name"]
    radio_fields = {"auth_method": admin.VERTICAL}
    readonly_fields = [
        "webhook_field",
        "old_webhook",
        "receipts",
        "last_test",
        "pace_now",
        "waiting",
    ]
    actions = ["switch_on", "switch_off", "test_chosen"]
    row_buttons = True
    row_actions = (("test_chosen", "Test credentials", "key"),)
    empty_title = "No SMS/MMS configuration yet"
    empty_text = (
        "A configuration connects your own Bandwidth account: have its account ID, application ID"
        " and credentials at hand. The webhook URL to paste at Bandwidth is made for you."
    )
    empty_links = (("Trunks", "admin:tenants_trunk_changelist"),)
    actions_detail = ["test_credentials", "new_address", "end_old_address"]
    conditional_fields = {
        field: f"auth_method == '{method}'"
        for method, fields in SIGN_IN_FIELDS.items()
        for field in fields
    }
    fieldsets = [
        (None, {"fields": ["name", "trunk", "sender_id", "enabled"]}),
        (
            "Bandwidth account",
            {
                "fields": [
                    ("account_id", "application_id"),
                    "auth_method",
                    ("client_id", "client_secret"),
                    ("login_name", "login_secret"),
                    "last_test",
                ]
            },
        ),
        (
            "Throughput",
            {
                "description": _PACE_HINT,
                "fields": [("segments_per_second", "queue_seconds"), "pace_now", "waiting"],
            },
        ),
        (
            "Webhook",
            {
                "description": _WEBHOOK_HINT,
                "fields": [
                    "webhook_field",
                    "old_webhook",
                    "receipts",
                    ("callback_username", "callback_password"),
                ],
            },
        ),
    ]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[SmsConfiguration]:
        main = PhoneNumber.objects.filter(trunk=OuterRef("trunk"), tenant=request.tenant)
        queryset: QuerySet[SmsConfiguration] = super().get_queryset(request)
        return queryset.annotate(
            trunk_did=Subquery(main.order_by("-is_main", "number").values("number")[:1]),
            queued_count=waiting_on_each(),
            hears_nothing=ExpressionWrapper(is_deaf_each(), BooleanField()),
        )

    @admin.display(description="Sender", ordering="sender_id")
    def sender(self, obj: SmsConfiguration) -> str:
        """Sender ID, or what stands in for it."""
        if obj.sender_id:
            return national(obj.sender_id)
        did = getattr(obj, "trunk_did", None)
        return f"DID of the trunk: {national(did)}" if did else "DID of the trunk (none yet)"

    @admin.display(description="Host", ordering="trunk__hostname")
    def host(self, obj: SmsConfiguration) -> str:
        return obj.trunk.hostname or "-"

    @display(description="Status", label=_STATUS)  # type: ignore[untyped-decorator]
    def status(self, obj: SmsConfiguration) -> tuple[str, str]:
        """Badge: switched off, without receipts, or what the last test said."""
        if not obj.enabled:
            return "off", "Off"
        if getattr(obj, "hears_nothing", False):
            return "new", "No receipts"
        if obj.test_result == SmsConfiguration.TestResult.PASSED:
            return "ready", "Ready"
        if obj.test_result == SmsConfiguration.TestResult.FAILED:
            return "failing", "Failing"
        return "new", "Not tested"

    @admin.display(description="Last inbound", ordering="last_inbound_at")
    def last_inbound(self, obj: SmsConfiguration) -> Any:
        return obj.last_inbound_at

    @admin.display(description="Receipts")
    def receipts(self, obj: SmsConfiguration | None) -> str:
        """Whether Bandwidth ever reports what became of the account's texts."""
        if obj is None or not obj.pk or not _once(obj, "deaf", is_deaf):
            return "Nothing is wrong with them."
        return f"None came for the last {TEXTS} texts or more. {CAUSE}"

    @admin.display(description="Last test")
    def last_test(self, obj: SmsConfiguration | None) -> str:
        """What Bandwidth said when it was last asked."""
        if obj is None or not obj.pk or obj.tested_at is None:
            return "Not tested yet: press OK, then “Test credentials”."
        at = date_format(timezone.localtime(obj.tested_at), "DATETIME_FORMAT")
        return f"{at}: {obj.test_detail}"

    @admin.display(description="Now")
    def pace_now(self, obj: SmsConfiguration | None) -> str:
        """How fast the account sends at this moment."""
        if obj is None or not obj.pk:
            return "At the full rate, once there is something to send."
        return _once(obj, "pace", account_pace).told

    @admin.display(description="Waiting to be sent")
    def waiting(self, obj: SmsConfiguration | None) -> str:
        count = int(getattr(obj, "queued_count", 0))
        return "1 message" if count == 1 else f"{count:,} messages"

    def save_model(
        self, request: ScreenRequest, obj: SmsConfiguration, form: ConfigurationForm, change: Any
    ) -> None:
        username, password = form.callback()
        if not change:
            create_configuration(
                request.tenant,
                obj,
                callback_username=username,
                callback_password=password or "",
            )
            return
        if form.credentials_changed:
            obj.test_result, obj.test_detail, obj.tested_at = "", "", None
        save_configuration(obj, callback_username=username, callback_password=password)

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        settings = MessageSetting.objects.filter(provider=obj).select_related("phone_number")
        numbers = [national(setting.phone_number.number) for setting in settings[:3]]
        if not numbers:
            return needed_by(obj)
        return (
            f"“{obj.name}” cannot be deleted while numbers use it ({', '.join(numbers)}):"
            " give them another provider in Message Settings first."
        )

    def delete_model(self, request: ScreenRequest, obj: SmsConfiguration) -> None:
        delete_configuration(obj)

    @admin.action(description="Switch on")
    def switch_on(self, request: ScreenRequest, queryset: QuerySet[SmsConfiguration]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Switch off")
    def switch_off(self, request: ScreenRequest, queryset: QuerySet[SmsConfiguration]) -> None:
        self._switch(request, queryset, enabled=False)

    @admin.action(description="Test credentials", permissions=["change"])
    def test_chosen(self, request: ScreenRequest, queryset: QuerySet[SmsConfiguration]) -> None:
        """Ask Bandwidth about the saved credentials of each."""
        chosen = list(queryset[: _TESTED_AT_ONCE + 1])
        if len(chosen) > _TESTED_AT_ONCE:
            text = f"Test {_TESTED_AT_ONCE} at most at once."
            self.message_user(request, text, messages.ERROR)
            return
        for configuration in chosen:
            check_credentials(configuration)
            passed = configuration.test_result == SmsConfiguration.TestResult.PASSED
            text = f"{configuration.name}: {configuration.test_detail}"
            self.message_user(request, text, messages.SUCCESS if passed else messages.ERROR)

    def _switch(
        self, request: ScreenRequest, queryset: QuerySet[SmsConfiguration], *, enabled: bool
    ) -> None:
        for configuration in queryset.filter(enabled=not enabled):
            configuration.enabled = enabled
            save_configuration(configuration)
            self.log_change(request, configuration, f"Switched {'on' if enabled else 'off'}.")
        self.message_user(request, f"Switched {'on' if enabled else 'off'}.", messages.SUCCESS)

    @action(  # type: ignore[untyped-decorator]
        description="Test credentials",
        url_path="test-credentials",
        icon="key",
        permissions=["change"],
        dialog={
            "title": "Test credentials",
            "description": "Asks Bandwidth whether it takes the saved credentials. Nothing is sent"
            " to anybody. What you changed on this page and did not save is not tested.",
            "form_class": None,
            "form_submit_text": "Test now",
        },
    )
    def test_credentials(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        """Ask Bandwidth; runs on POST only, unfold answers GET with the question."""
        configuration = self.get_object(request, object_id)
        if configuration is None:
            raise Http404
        check_credentials(configuration)
        passed = configuration.test_result == SmsConfiguration.TestResult.PASSED
        self.message_user(
            request, configuration.test_detail, messages.SUCCESS if passed else messages.ERROR
        )
        url = self._change_url(object_id)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
