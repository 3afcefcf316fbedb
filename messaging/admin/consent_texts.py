"""Consent texts: what people are answered to STOP, START and HELP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from unfold.widgets import UnfoldAdminTextareaWidget

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm
from messaging.consent import texts as consent_texts
from messaging.consent.keywords import why_no_answer
from messaging.models import ConsentTexts

_ONLY = "1"
_HELP = {
    "stop": "Sent once to who opts out. From toll-free numbers the network answers instead.",
    "start": "Sent to who opts in again. From toll-free numbers the network answers instead.",
    "help": "Sent to who asks for help. Say how people reach you: a phone number or an e-mail"
    " address.",
}


class ConsentTextsForm(TenantForm):
    """Three texts, each with its switch; an empty one is the usual."""

    class Meta:
        model = ConsentTexts
        fields = [
            "answers_stop",
            "stop_text",
            "answers_start",
            "start_text",
            "answers_help",
            "help_text",
        ]
        labels = {
            **{f"answers_{word}": f"Answer {word.upper()}" for word in consent_texts.WORDS},
            **{f"{word}_text": f"Answer to {word.upper()}" for word in consent_texts.WORDS},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company = consent_texts.company_name(self.tenant)
        for word in consent_texts.WORDS:
            usual = consent_texts.usual(word, company)
            field = self.fields[f"{word}_text"]
            field.widget = UnfoldAdminTextareaWidget(
                attrs={"rows": 3, "placeholder": usual, "data-usual": usual, "maxlength": 320}
            )
            field.help_text = f"{_HELP[word]} Empty = the usual text."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for word in consent_texts.WORDS:
            name = f"{word}_text"
            cleaned[name] = " ".join(cleaned.get(name, "").split())
            if why := why_no_answer(cleaned[name]):
                self.add_error(name, why)
        return cleaned


class ConsentTextsAdmin(TenantAdmin):
    """One row, made when something of it is first changed."""

    form = ConsentTextsForm
    fieldsets = [
        ("STOP", {"fields": ["answers_stop", "stop_text"]}),
        ("START", {"fields": ["answers_start", "start_text"]}),
        ("HELP", {"fields": ["answers_help", "help_text"]}),
    ]

    class Media:
        js = ["inbox/segments.js", "messaging/consent_texts.js"]

    def get_object(
        self, request: ScreenRequest, object_id: str, from_field: str | None = None
    ) -> ConsentTexts | None:
        """Return the row, stored or not; there is no other."""
        return consent_texts.stored() if object_id == _ONLY else None

    def get_queryset(self, request: ScreenRequest) -> QuerySet[ConsentTexts]:
        queryset: QuerySet[ConsentTexts] = super().get_queryset(request)
        return queryset.filter(pk=int(_ONLY))

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one row there is."""
        return HttpResponseRedirect(self._change_url(_ONLY))

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        own = {
            "title": "Consent texts",
            "subtitle": None,
            "row_title": "Answers to STOP, START and HELP",
            "show_save_and_continue": False,
        }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, own | (extra_context or {})
        )
        return answer

    def response_post_save_change(self, request: ScreenRequest, obj: ConsentTexts) -> HttpResponse:
        return HttpResponseRedirect(self._change_url(_ONLY))
