"""The contact panel of a thread: who is on the other side, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from messaging.inbox.frame import InboxRequest, inbox_view, shell
from messaging.inbox.opened import find, opened
from messaging.inbox.people import AddressBook, OptOuts, known_of
from messaging.models import Contact, Conversation
from messaging.tags import NotATag, parse_tags
from tenants.roles import Role


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What people keep about a number."""

    tags = forms.CharField(required=False, max_length=900, strip=True)

    class Meta:
        model = Contact
        fields = ["name", "company", "email", "tags", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def clean_tags(self) -> list[str]:
        """Split what was typed at the commas."""
        try:
            return parse_tags(self.cleaned_data["tags"])
        except NotATag as error:
            raise forms.ValidationError(str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One number of a thread in the panel."""

    number: str
    shown: str
    contact: Contact | None
    refusal: str  # since when and how they are opted out
    form: ContactForm
    is_open: bool


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def panel(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Show the panel, or save one person of it."""
    conversation = find(request, conversation_id, with_first=True)
    if request.method != "POST":
        return _panel(request, conversation)
    number = _number(request, conversation)
    known = Contact.objects.filter(number=number).first()
    form = ContactForm(request.POST, instance=known or Contact(number=number))
    if not form.is_valid():
        return _panel(request, conversation, failed=(number, form), status=422)
    form.save()
    return _saved(request, conversation)


@require_POST
@inbox_view
def delete(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Forget what is known of a number; its messages stay."""
    conversation = find(request, conversation_id, with_first=True)
    Contact.objects.filter(number=_number(request, conversation)).delete()
    return _saved(request, conversation)


def _number(request: InboxRequest, conversation: Conversation) -> str:
    number = request.POST.get("number", "")
    if number not in conversation.participants:
        raise Http404
    return number


def _saved(request: InboxRequest, conversation: Conversation) -> HttpResponseBase:
    if not request.htmx:
        address = reverse("inbox:panel", args=[conversation.pk])
        return redirect(address + request.keep)
    context = opened(request, conversation, is_seen=True)
    context["panel"] = _facts(request, conversation, context["book"], context["refused"])
    return render(request, "inbox/thread.html", context)


def _panel(
    request: InboxRequest,
    conversation: Conversation,
    *,
    failed: tuple[str, ContactForm] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    if request.htmx and not request.htmx.history_restore_request:
        book, refused = known_of([conversation], request.tenant)
        facts = _facts(request, conversation, book, refused, failed=failed)
        part = {"conversation": conversation, "panel": facts}
        response = render(request, "inbox/panel.html", part, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#panel", "outerHTML"
        return response
    context = opened(request, conversation, is_seen=True, with_list=True)
    book, refused = context["book"], context["refused"]
    context["panel"] = _facts(request, conversation, book, refused, failed=failed)
    return shell(request, "inbox/index.html", context, status=status)


def _facts(
    request: InboxRequest,
    conversation: Conversation,
    book: AddressBook,
    refused: OptOuts,
    *,
    failed: tuple[str, ContactForm] | None = None,
) -> dict[str, Any]:
    numbers = conversation.participants
    refusals = refused.since(conversation)
    people: list[Person] = []
    for number in numbers:
        contact = book.contacts.get(number)
        tags = ", ".join(contact.tags) if contact else ""
        form = ContactForm(
            instance=contact, initial={"tags": tags}, auto_id=f"contact-{number.lstrip('+')}-%s"
        )
        has_failed = failed is not None and failed[0] == number
        people.append(
            Person(
                number=number,
                shown=book.number(number),
                contact=contact,
                refusal=refusals.get(number, ""),
                form=failed[1] if failed and has_failed else form,
                is_open=has_failed or contact is None or len(numbers) == 1,
            )
        )
    log, consent = "", []
    if request.role >= Role.ADMIN:
        ledger = reverse("admin:messaging_consententry_changelist")
        consent = [
            {
                "url": f"{ledger}?{urlencode({'q': number})}",
                "of": book.name(number) if len(numbers) > 1 else "",
            }
            for number in numbers
        ]
        log = f"{reverse('admin:messaging_message_changelist')}?{urlencode({'q': numbers[0]})}"
    return {
        "people": people,
        "our_number": book.number(conversation.our_number),
        "first_at": conversation.first_at,  # type: ignore[attr-defined]  # annotated
        "log_url": log,
        "consent_links": consent,
    }
