"""Templates in the composer: the company's and one's own, to insert, keep and tidy up."""

from __future__ import annotations

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messaging.inbox.frame import InboxRequest, inbox_view
from messaging.models import Template
from messaging.plaintext import one_line, storable
from tenants.models import User

_MOST = 100
_TAKEN = "You have a template of this title already. Choose another title."


class TemplateForm(forms.Form):
    """Title and text of one's own template."""

    title = forms.CharField(
        max_length=60, error_messages={"required": "Give it a title to find it by."}
    )
    text = forms.CharField(
        max_length=2000,
        strip=False,
        error_messages={"required": "Write the text to keep."},
    )

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"], limit=60)

    def clean_text(self) -> str:
        text = storable(self.cleaned_data["text"]).replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError("Write the text to keep.")
        return text


def usable(user: User) -> QuerySet[Template]:
    """Return the shared templates and the person's own."""
    return Template.objects.filter(Q(owner=None) | Q(owner=user))


@require_safe
@inbox_view
def index(request: InboxRequest) -> HttpResponseBase:
    """List the templates the person may use."""
    if not request.htmx:
        return redirect("inbox:index")
    if request.htmx.target == "template-rows":
        return render(request, "inbox/template_rows.html", _rows(request))
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def new(request: InboxRequest) -> HttpResponseBase:
    """Keep a text as one's own template."""
    return _edit(request, Template(owner=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def change(request: InboxRequest, template_id: int) -> HttpResponseBase:
    """Change one's own template; those of others and shared ones are not found."""
    return _edit(request, get_object_or_404(Template, pk=template_id, owner=request.user))


@require_POST
@inbox_view
def delete(request: InboxRequest, template_id: int) -> HttpResponseBase:
    """Delete one's own template."""
    template = get_object_or_404(Template, pk=template_id, owner=request.user)
    template.delete()
    return _list(request, said=f"“{template.title}” is deleted.")


def _edit(request: InboxRequest, template: Template) -> HttpResponseBase:
    initial = {"title": template.title, "text": template.text}
    form = TemplateForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(form, template):
        return _list(request, said=f"“{template.title}” is saved.")
    status = 422 if form.is_bound else 200
    context = {"form": form, "template": template}
    return render(request, "inbox/template_form.html", context, status=status)


def _save(form: TemplateForm, template: Template) -> bool:
    template.title, template.text = form.cleaned_data["title"], form.cleaned_data["text"]
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        form.add_error("title", _TAKEN)
        return False
    return True


def _list(request: InboxRequest, *, said: str = "") -> HttpResponseBase:
    if not request.htmx:
        return redirect("inbox:index")
    return render(request, "inbox/templates.html", {**_rows(request), "said": said})


def _rows(request: InboxRequest) -> dict[str, object]:
    searched = storable(request.GET.get("q", "")).strip()[:60]
    found = usable(request.user)
    if searched:
        found = found.filter(Q(title__icontains=searched) | Q(text__icontains=searched))
    return {"templates": found.order_by("title", "id")[:_MOST], "searched": searched}
