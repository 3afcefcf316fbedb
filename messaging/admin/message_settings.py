"""Advanced > Message Settings: what happens with each number's texts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect
from unfold.decorators import action, display

from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin, NotChanged
from messaging.admin.copying import copy_button, warning
from messaging.admin.setting_bulk import BULK_FIELDS
from messaging.admin.setting_filters import ExtensionFilter, ProviderFilter
from messaging.admin.setting_form import PLATFORM_LABEL, SettingForm
from messaging.admin.sheet_pages import SheetAdmin
from messaging.admin.test_message import TestMessageForm
from messaging.models import Extension, MessageSetting
from messaging.number_settings import NumberProblem, check_provider_change
from messaging.number_sharing import check_sharing
from messaging.spreadsheets.message_settings import MessageSettingSheet

_ENABLED = {"On": "success", "Off": ""}


class MessageSettingAdmin(BulkAdmin, SheetAdmin):
    """Message Settings, one row a number."""

    form = SettingForm
    sheet = MessageSettingSheet
    bulk_fields: ClassVar = BULK_FIELDS
    list_display = ["phone", "copy", "provider_name", "desk", "mail", "description", "state"]
    list_select_related = ["phone_number", "provider", "extension", "ring_group"]
    list_filter = [ProviderFilter, ExtensionFilter, "enabled"]
    search_fields = [
        "phone_number__number",
        "description",
        "email",
        "extension__number",
        "extension__name",
    ]
    search_help_text = "Search by number, extension, e-mail or description"
    actions_detail = ["send_test"]
    empty_title = "No number is set up yet"
    empty_text = (
        "Each number that texts has a row here: the provider it texts through, and whose inbox or"
        " e-mail its texts reach. First connect a Bandwidth account under SMS/MMS."
    )
    empty_links = (("SMS/MMS", "admin:messaging_smsconfiguration_changelist"),)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "number",
                    "account",
                    "extension",
                    "other_extensions",
                    "ring_group",
                    "email",
                    "description",
                    "enabled",
                ]
            },
        )
    ]

    @admin.display(description="Phone number", ordering="phone_number__number")
    def phone(self, obj: MessageSetting) -> str:
        return national(obj.phone_number.number)

    @admin.display(description="Copy")
    def copy(self, obj: MessageSetting) -> str:
        return copy_button(obj.phone_number.number)

    @admin.display(description="Provider", ordering="provider__name")
    def provider_name(self, obj: MessageSetting) -> str:
        return obj.provider.name if obj.provider else PLATFORM_LABEL

    @admin.display(description="Extension", ordering="extension__number")
    def desk(self, obj: MessageSetting) -> str:
        """Whose inbox the texts reach, or that nobody is told of them."""
        if obj.ring_group is not None:
            return str(obj.ring_group)
        if obj.extension is not None:
            others = getattr(obj, "other_count", 0)
            return f"{obj.extension} +{others}" if others else str(obj.extension)
        return "-" if obj.email else warning("Nobody is told")

    @admin.display(description="E-mail", ordering="email")
    def mail(self, obj: MessageSetting) -> str:
        return obj.email or "-"

    @display(description="Enabled", ordering="enabled", label=_ENABLED)  # type: ignore[untyped-decorator]
    def state(self, obj: MessageSetting) -> str:
        """Badge: on or off."""
        return "On" if obj.enabled else "Off"

    def change_row(self, request: ScreenRequest, obj: Any, values: dict[str, Any]) -> None:
        """Change one setting by the rules of its form."""
        if "provider" in values:
            try:
                check_provider_change(request.tenant, obj, values["provider"])
            except NumberProblem as problem:
                number = national(obj.phone_number.number)
                raise NotChanged(f"{number}: {problem.message}") from problem
        if {"extension", "other_extensions", "ring_group"} & set(values):
            others = self._check_sharing(obj, values)
            if "other_extensions" in values:
                values = {**values, "other_extensions": others}
        super().change_row(request, obj, values)

    def _check_sharing(self, obj: Any, values: dict[str, Any]) -> list[Extension]:
        """Return the other extensions as they would be, the extension itself left out."""
        extension = values.get("extension", obj.extension)
        wanted = values.get("other_extensions", obj.other_extensions.all())
        others = [each for each in wanted if each != extension]
        try:
            check_sharing(extension, others, values.get("ring_group", obj.ring_group))
        except NumberProblem as problem:
            number = national(obj.phone_number.number)
            raise NotChanged(f"{number}: {problem.message}") from problem
        return others

    def get_queryset(self, request: ScreenRequest) -> QuerySet[MessageSetting]:
        queryset: QuerySet[MessageSetting] = super().get_queryset(request)
        others = MessageSetting.other_extensions.through._default_manager.filter(
            messagesetting=OuterRef("pk")
        )
        counted = others.order_by().values("messagesetting").annotate(count=Count("pk"))
        queryset = queryset.select_related(*self.list_select_related)
        return queryset.annotate(other_count=Subquery(counted.values("count")))

    @action(  # type: ignore[untyped-decorator]
        description="Send a test message",
        url_path="send-test",
        icon="sms",
        permissions=["change"],
        dialog={
            "title": "Send a test message",
            "description": "Sends one text from this number, as saved. The answer to it comes"
            " into the inbox.",
            "form_class": TestMessageForm,
            "form_submit_text": "Send",
        },
    )
    def send_test(
        self, request: ScreenRequest, form: TestMessageForm, object_id: str
    ) -> HttpResponse:
        """Send what the form has sent already, and say where to look; POST only, by unfold."""
        if self.get_object(request, object_id) is None:
            raise Http404
        number = national(form.message.recipients.get().number)
        text = f"On its way to {number}. The message log shows what becomes of it."
        self.message_user(request, text, messages.SUCCESS)
        url = self._change_url(object_id)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
