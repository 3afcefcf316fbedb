"""The page that gives out numbers in blocks: enter, look, confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextareaWidget

from tenants import allotment
from tenants.allotment import CannotAllot, Plan
from tenants.models import Tenant, Trunk
from tenants.number_ranges import MOST, UnreadableNumbers
from tenants.numbers import for_people

_SHOWN = 12


class _TrunkChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.tenant or 'the platform'})"


class AllotmentForm(forms.Form):
    """A block of numbers, the trunk it hangs on and whom it is for."""

    trunk = _TrunkChoice(
        queryset=Trunk.objects.select_related("tenant").order_by("tenant__name", "name"),
        widget=UnfoldAdminSelect2Widget,
        empty_label="Select a trunk",
    )
    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.all(),
        required=False,
        widget=UnfoldAdminSelect2Widget,
        empty_label="Nobody yet (free pool)",
        help_text="The company that gets the numbers.",
    )
    numbers = forms.CharField(
        max_length=500_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One number, or a range such as 9195550100-9195550199; several with a semicolon,"
        f" a comma or a new line in between. At most {MOST:,} numbers.",
    )

    def clean(self) -> dict[str, Any]:
        """Work out what would be done, or say why nothing can be."""
        cleaned = super().clean() or {}
        self.plan: Plan | None = None
        if "trunk" not in cleaned or "tenant" not in cleaned or "numbers" not in cleaned:
            return cleaned
        try:
            self.plan = allotment.plan(cleaned["trunk"], cleaned["tenant"], cleaned["numbers"])
        except UnreadableNumbers as error:
            self.add_error("numbers", error.problems)
        except CannotAllot as error:
            self.add_error("trunk", error.reasons)
        return cleaned


def allot_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the form, then what it would do; store it once that was confirmed."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    posted = request.method == "POST"
    form = AllotmentForm(request.POST) if posted else AllotmentForm(initial=request.GET.dict())
    plan = form.plan if posted and form.is_valid() else None
    if plan and "confirm" in request.POST and _stored(request, form):
        return redirect("admin:tenants_phonenumber_changelist")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Allot numbers",
        "form": form,
        "media": model_admin.media + form.media,
        "plan": plan,
        "changes": bool(plan and (plan.added or plan.handed_over)),
        "samples": _samples(plan) if plan else [],
    }
    return TemplateResponse(request, "system/allot.html", context)


def _stored(request: HttpRequest, form: AllotmentForm) -> bool:
    data = form.cleaned_data
    try:
        done = allotment.allot(data["trunk"], data["tenant"], data["numbers"])
    except CannotAllot as error:
        for reason in error.reasons[:1]:
            messages.error(request, f"Nothing was stored. {reason}")
        return False
    to = done.tenant or "the free pool"
    messages.success(request, f"Numbers now with {to}: {done.total:,}. {_words(done)}")
    return True


def _words(done: Plan) -> str:
    parts = [
        f"{len(numbers):,} {word}"
        for numbers, word in (
            (done.added, "new"),
            (done.handed_over, "from the free pool"),
            (done.already, "already there"),
        )
        if numbers
    ]
    return f"({', '.join(parts)})"


def _samples(plan: Plan) -> list[str]:
    numbers = [*plan.added, *plan.handed_over]
    country = plan.tenant.country if plan.tenant else "US"
    shown = [for_people(number, country=country) for number in numbers]
    if len(shown) <= _SHOWN:
        return shown
    return [*shown[: _SHOWN - 1], "…", shown[-1]]
