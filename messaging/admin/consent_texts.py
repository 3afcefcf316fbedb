"""Consent texts: what people are answered to STOP, START and HELP."""

from __future__ import annotations

from typing import Any

from unfold.widgets import UnfoldAdminTextareaWidget

from messaging.admin.one_row import OneRowAdmin
from messaging.admin.tenant_form import TenantForm
from messaging.consent import texts as consent_texts
from messaging.consent.keywords import why_no_answer
from messaging.models import ConsentTexts

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


class ConsentTextsAdmin(OneRowAdmin):
    """What is answered by itself."""

    page_title = "Consent texts"
    row_title = "Answers to STOP, START and HELP"

    form = ConsentTextsForm
    fieldsets = [
        ("STOP", {"fields": ["answers_stop", "stop_text"]}),
        ("START", {"fields": ["answers_start", "start_text"]}),
        ("HELP", {"fields": ["answers_help", "help_text"]}),
    ]

    class Media:
        js = ["inbox/segments.js", "messaging/consent_texts.js"]
