"""Changing and deleting many rows at once: choose, look, then do it all or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminRadioSelectWidget

from messaging.admin.base import ScreenRequest, TenantAdmin

KEEP, SET, CLEAR = "keep", "set", "clear"
ROWS_LIMIT = 5_000
_NAMED = 10


class NotChanged(ValueError):
    """One of the rows cannot be changed like that; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkField:
    """Field that may be changed in many rows; `empty` is what clearing leaves."""

    make: Callable[[], forms.Field]
    empty: Any = None
    clearable: bool = True


class BulkForm(forms.Form):
    """Which fields to change, and to what."""

    def __init__(self, offered: Mapping[str, BulkField], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        for name, bulk in offered.items():
            field = bulk.make()
            field.required = False
            ways = [(KEEP, "Leave as it is"), (SET, "Set to")]
            if bulk.clearable:
                ways.append((CLEAR, "Clear"))
            self.fields[f"{name}_how"] = forms.ChoiceField(
                label=f"{field.label}: what to do",
                choices=ways,
                initial=KEEP,
                required=False,
                widget=UnfoldAdminRadioSelectWidget(choices=ways),
            )
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        ways = {name: cleaned.get(f"{name}_how") or KEEP for name in self.offered}
        for name, way in ways.items():
            if way == SET and name not in self.errors and _is_empty(cleaned.get(name)):
                self.add_error(name, "Say what to set, or choose another answer above.")
        if not self.errors and all(way == KEEP for way in ways.values()):
            raise forms.ValidationError("Nothing is to change: choose “Set to” somewhere.")
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the fields to change with their new values."""
        changed: dict[str, Any] = {}
        for name, bulk in self.offered.items():
            way = self.cleaned_data[f"{name}_how"]
            if way == SET:
                value, field = self.cleaned_data[name], self.fields[name]
                # A drop-down's choice may stand for something else than its key.
                changed[name] = field.bulk_value(value) if hasattr(field, "bulk_value") else value
            elif way == CLEAR and bulk.clearable:
                changed[name] = bulk.empty
        return changed

    def summary(self) -> list[tuple[str, str]]:
        """Return label and new value, in words, of what is to change."""
        return [(str(self.fields[name].label), self._word(name)) for name in self.values()]

    def rows(self) -> list[tuple[str, Any, Any]]:
        """Return label, question and field of each line of the page."""
        return [
            (str(self.fields[name].label), self[f"{name}_how"], self[name]) for name in self.offered
        ]

    def _word(self, name: str) -> str:
        if self.cleaned_data[f"{name}_how"] == CLEAR:
            return "nothing"
        value: Any = self.cleaned_data[name]
        if isinstance(value, QuerySet):
            return ", ".join(str(each) for each in value)
        choices: Any = getattr(self.fields[name], "choices", ())
        return next((str(label) for key, label in choices if key == value), str(value))


def _is_empty(value: Any) -> bool:
    if isinstance(value, QuerySet):
        return not value
    return value in (None, "")


class BulkAdmin(TenantAdmin):
    """Screen whose rows can be changed and deleted many at a time."""

    bulk_fields: ClassVar[Mapping[str, BulkField]] = {}
    bulk_delete = True
    actions = ["change_chosen", "delete_chosen"]

    def get_actions(self, request: ScreenRequest) -> dict[str, Any]:
        """Offer what this screen can do."""
        actions = super().get_actions(request)
        if not self.bulk_fields:
            actions.pop("change_chosen", None)
        if not self.bulk_delete:
            actions.pop("delete_chosen", None)
        return actions

    def change_row(self, request: ScreenRequest, obj: Any, values: dict[str, Any]) -> None:
        """Change one row and save it.

        Raises NotChanged.
        """
        several = {field.name for field in obj._meta.many_to_many}
        for name, value in values.items():
            if name not in several:
                setattr(obj, name, value)
        obj.save()
        for name in several & set(values):
            getattr(obj, name).set(values[name])

    @admin.action(description="Change selected", permissions=["change"])
    def change_chosen(
        self, request: ScreenRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """Ask what to change, show how many it is, change them."""
        count = queryset.count()
        if self._too_many(request, count):
            return None
        step = request.POST.get("step", "")
        form = BulkForm(self.bulk_fields, request.POST if step else None)
        context = {"form": form, "count": count, "rows": form.rows()}
        title = f"Change {self._counted(count)}"
        if not step or step == "ask" or not form.is_valid():
            return self._bulk_page(request, "bulk_change", title, context)
        if step != "apply":
            context["summary"] = form.summary()
            return self._bulk_page(request, "bulk_confirm", title, context)
        try:
            with transaction.atomic():
                for obj in queryset:
                    self.change_row(request, obj, form.values())
        except NotChanged as problem:
            form.add_error(None, f"Nothing was changed. {problem}")
            return self._bulk_page(request, "bulk_change", title, context)
        self.message_user(request, f"Changed: {self._counted(count)}.", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    @admin.action(description="Delete selected", permissions=["delete"])
    def delete_chosen(
        self, request: ScreenRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """Say what goes and what stays, then delete."""
        count = queryset.count()
        if self._too_many(request, count):
            return None
        refused: list[str] = []
        free: list[Any] = []
        for obj in queryset:
            reason = self._refused(request, obj)
            refused.append(reason) if reason else free.append(obj)
        if request.POST.get("step") != "apply":
            context = {
                "count": len(free),
                "counted": self._counted(len(free)),
                "named": [str(obj) for obj in free[:_NAMED]],
                "more": max(0, len(free) - _NAMED),
                "refused": refused[:_NAMED],
                "more_refused": max(0, len(refused) - _NAMED),
            }
            title = f"Delete {self._counted(len(free))}"
            return self._bulk_page(request, "bulk_delete", title, context)
        gone = 0
        for obj in free:
            try:
                with transaction.atomic():
                    self.delete_model(request, obj)
                    gone += 1
            except (ProtectedError, IntegrityError):
                refused.append(f"{obj} is still in use.")
        self.message_user(request, f"Deleted: {self._counted(gone)}.", messages.SUCCESS)
        for reason in refused[:_NAMED]:
            self.message_user(request, f"Not deleted: {reason}", messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())

    def _refused(self, request: ScreenRequest, obj: Any) -> str:
        if not self.has_delete_permission(request, obj):
            return f"{obj} is not yours to delete."
        return self.refusal_to_delete(request, obj)

    def _too_many(self, request: ScreenRequest, count: int) -> bool:
        if count > ROWS_LIMIT:
            text = f"Choose {ROWS_LIMIT:,} rows at most: filter the list first."
            self.message_user(request, text, messages.ERROR)
        return count > ROWS_LIMIT

    def _counted(self, count: int) -> str:
        name = self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural
        return f"{count:,} {name}"

    def _bulk_page(
        self, request: ScreenRequest, template: str, title: str, context: dict[str, Any]
    ) -> TemplateResponse:
        kept = [("action", request.POST["action"])]
        kept += [
            (helpers.ACTION_CHECKBOX_NAME, key)
            for key in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        ]
        if request.POST.get("select_across") == "1":
            kept.append(("select_across", "1"))
        page = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media + context["form"].media if "form" in context else self.media,
            "kept": kept,
            "list_url": request.get_full_path(),
            **context,
        }
        return TemplateResponse(request, f"admin/messaging/{template}.html", page)
