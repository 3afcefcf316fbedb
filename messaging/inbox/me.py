"""The person's own page: name, notifications, devices, look, and the ways to the account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from messaging.inbox.frame import InboxRequest, actor, inbox_view, shell
from messaging.models import NotificationChoice
from messaging.plaintext import one_line
from messaging.push import devices, keys
from messaging.push.agents import device_name
from tenants.links import public_path
from tenants.roles import membership_of


class NameForm(forms.Form):
    """How others see the person."""

    name = forms.CharField(max_length=100, required=False, strip=True)

    def clean_name(self) -> str:
        """Fold the name into one line, for it reaches headers and titles."""
        return one_line(self.cleaned_data["name"], limit=100)


class ChoiceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What the person wants to be told of, and when not."""

    class Meta:
        model = NotificationChoice
        fields = ["enabled", "hide_text", "quiet_from", "quiet_until"]

    def clean(self) -> dict[str, Any]:
        """Refuse quiet hours without an end, or of no length."""
        cleaned = super().clean() or self.cleaned_data
        begin, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if self.errors:
            return cleaned
        if begin is None and end is not None:
            self.add_error("quiet_from", "Say when the quiet hours begin, or empty both.")
        elif begin is not None and end is None:
            self.add_error("quiet_until", "Say when the quiet hours end, or empty both.")
        elif begin is not None and begin == end:
            self.add_error("quiet_until", "Beginning and end must differ.")
        return cleaned


@require_safe
@inbox_view
def me(request: InboxRequest) -> HttpResponseBase:
    """Show the person's own page."""
    return _page(request)


@require_POST
@inbox_view
def rename(request: InboxRequest) -> HttpResponseBase:
    """Change the person's own name."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, name_form=form)
    request.user.name = form.cleaned_data["name"]
    request.user.save(update_fields=["name"])
    messages.success(request, "Your name is saved.")
    return redirect("inbox:me")


@require_POST
@inbox_view
def choose(request: InboxRequest) -> HttpResponseBase:
    """Keep what the person wants to be told of."""
    form = ChoiceForm(request.POST, instance=_choice(request))
    if not form.is_valid():
        return _page(request, choice_form=form)
    NotificationChoice.objects.update_or_create(user=request.user, defaults=form.cleaned_data)
    messages.success(request, "Your notification settings are saved.")
    return redirect("inbox:me")


@require_POST
@inbox_view
def available(request: InboxRequest) -> HttpResponseBase:
    """Say whether the person takes their turn when shared numbers' texts are given out."""
    own = actor(request).extension
    if own is None:
        raise Http404
    own.is_available = request.POST.get("available") == "on"
    own.save(update_fields=["is_available"])
    said = "You are available." if own.is_available else "You are away: new texts go to others."
    messages.success(request, said)
    return redirect("inbox:me")


def _choice(request: InboxRequest) -> NotificationChoice:
    found = NotificationChoice.objects.filter(user=request.user).first()
    return found or NotificationChoice(user=request.user)


def _page(
    request: InboxRequest,
    *,
    name_form: NameForm | None = None,
    choice_form: ChoiceForm | None = None,
) -> HttpResponseBase:
    membership = membership_of(request.user, request.tenant)
    context = {
        "title": "Me",
        "membership": membership,
        "name_form": name_form or NameForm(initial={"name": request.user.name}),
        "choice_form": choice_form or ChoiceForm(instance=_choice(request)),
        "devices": [
            {"row": row, "name": device_name(row.user_agent)} for row in devices.of(request.user)
        ],
        "most_devices": devices.MOST,
        "push_key": keys.public_key(),
        "is_text_hidden": request.tenant.hide_notification_text,
        "two_step_url": public_path("mfa_index"),
        "sessions_url": public_path("usersessions_list"),
    }
    refused = name_form is not None or choice_form is not None
    return shell(request, "inbox/me.html", context, status=422 if refused else 200)
