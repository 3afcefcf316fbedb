"""Advanced > Ring groups: extensions that share what is texted to a number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin
from messaging.admin.tenant_form import TenantForm
from messaging.inbound.rules.in_use import rule_to_ring_group
from messaging.models import Extension, MessageSetting, RingGroup, RingGroupMember
from messaging.number_settings import NumberProblem
from messaging.number_sharing import check_number_is_free
from messaging.outbound.rules.storing import needed_by
from messaging.ring_groups import set_members

_NAMED = 5


class RingGroupForm(TenantForm):
    """A ring group and who is in it."""

    people = forms.ModelMultipleChoiceField(
        label="Members",
        queryset=Extension.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="They all see the group's conversations. New ones are given out in turn, to"
        " members who are available and can sign in.",
    )

    class Meta:
        model = RingGroup
        fields = ["number", "name"]
        help_texts = {
            "number": "2 to 10 digits that no extension has, such as 600.",
            "name": "Such as Front desk.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["people"]
        people.queryset = Extension.objects.all()
        if self.instance.pk:
            self.initial["people"] = list(self.instance.places.values_list("extension", flat=True))

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        try:
            check_number_is_free(number, group=self.instance)
        except NumberProblem as problem:
            raise forms.ValidationError(problem.message) from problem
        return number


class RingGroupAdmin(BulkAdmin):
    """The tenant's ring groups."""

    form = RingGroupForm
    list_display = ["number", "name", "people", "lines"]
    search_fields = ["number", "name", "members__number", "members__name"]
    search_help_text = "Search by number, name or member"
    fields = ["number", "name", "people"]
    empty_title = "No ring group yet"
    empty_text = (
        "A ring group is several extensions that answer one number together: all see its"
        " conversations, and each conversation is given to one of them. Add one, then choose it"
        " for a number in Message Settings."
    )
    empty_links = (("Message Settings", "admin:messaging_messagesetting_changelist"),)

    def get_queryset(self, request: ScreenRequest) -> QuerySet[RingGroup]:
        queryset: QuerySet[RingGroup] = super().get_queryset(request)
        places = RingGroupMember.objects.filter(group=OuterRef("pk")).order_by("extension__number")
        numbers = MessageSetting.objects.filter(ring_group=OuterRef("pk"))
        return queryset.annotate(
            member_numbers=ArraySubquery(places.values("extension__number")),
            line_numbers=ArraySubquery(numbers.values("phone_number__number")),
        )

    @admin.display(description="Members")
    def people(self, obj: RingGroup) -> str:
        return _listed(getattr(obj, "member_numbers", []))

    @admin.display(description="Numbers")
    def lines(self, obj: RingGroup) -> str:
        return _listed([national(number) for number in getattr(obj, "line_numbers", [])])

    def save_related(
        self, request: ScreenRequest, form: RingGroupForm, formsets: Any, change: Any
    ) -> None:
        """Store who is in the group, turns kept."""
        set_members(form.instance, form.cleaned_data["people"])

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        numbers = [national(number) for number in obj.line_numbers[:_NAMED]]
        if not numbers:
            return rule_to_ring_group(obj) or needed_by(obj)
        return (
            f"The texts of {', '.join(numbers)} reach ring group {obj.number}: give the numbers"
            " an extension or another group in Message Settings first."
        )


def _listed(items: list[str]) -> str:
    shown = ", ".join(items[:_NAMED])
    return f"{shown} +{len(items) - _NAMED}" if len(items) > _NAMED else shown or "-"
