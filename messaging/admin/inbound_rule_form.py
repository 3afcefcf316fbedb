"""The form of an inbound rule, and of each of its advanced routes."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Exists, OuterRef
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from messaging.admin.rule_targets import (
    Places,
    emails_field,
    initial_of,
    places_field,
    range_field,
    read_targets,
)
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.hours.opening import summary
from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.ranges import DidRange
from messaging.inbound.rules.saving import (
    NO_TARGET,
    TIME_FIELDS,
    TIMES,
    Target,
    When,
    judge_dids,
    judge_mask,
    judge_times,
    usable_trunks,
)
from messaging.models import AdvancedRoute, BusinessHours, Holiday, InboundRule, InboundTarget
from tenants.models import Trunk

_SAME_AS_OPEN = "Nothing here = as in office hours."


class HoursChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """Business hours by name and times."""

    def label_from_instance(self, obj: Any) -> str:
        """Tell the hours with their name."""
        return f"{obj.name} ({summary(obj)})"


class InboundRuleForm(TenantForm):
    """What a rule is about, and where its texts go at which time."""

    trunk: forms.ModelChoiceField[Trunk] = forms.ModelChoiceField(
        queryset=None, widget=select(), empty_label="Select a trunk"
    )
    did_numbers = forms.CharField(
        label="Your numbers",
        max_length=60,
        widget=text_input(placeholder="+19195550100-+19195550199", autocomplete="off"),
        help_text="One number, or a range with a hyphen.",
    )
    caller_mask = forms.CharField(
        label="Callers",
        required=False,
        max_length=400,
        widget=text_input(placeholder="Everybody", autocomplete="off"),
        help_text="Empty = everybody. Numbers, ranges a-b and patterns, with ; between them:"
        " +15125550300; +1919555****. Each * is exactly one digit. Without + a number is read as"
        " one of your country.",
    )
    hours = HoursChoice(
        queryset=None,
        required=False,
        widget=select(),
        empty_label="The company's hours",
        label="Business hours",
    )
    # Not by the model's name: choices and what is chosen are read in one query.
    chosen_holidays = forms.MultipleChoiceField(
        label="Holidays",
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
        help_text="Nothing chosen = all of the company's, if the rule says below where texts go"
        " on holidays; otherwise holidays are days like others.",
    )
    open_places = places_field("Extensions and ring groups", "Several at once are fine.")
    open_range = range_field()
    open_emails = emails_field()
    closed_places = places_field("Extensions and ring groups", _SAME_AS_OPEN)
    closed_range = range_field()
    closed_emails = emails_field()
    holiday_places = places_field("Extensions and ring groups", _SAME_AS_OPEN)
    holiday_range = range_field()
    holiday_emails = emails_field()

    class Meta:
        model = InboundRule
        fields = ["name", "enabled", "trunk", "caller_mask", "hours"]

    places: ClassVar[Places]  # set by the screen, as the tenant is

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets: dict[When, list[Target]] = {}
        fields: Any = self.fields
        fields["trunk"].queryset = usable_trunks(self.tenant)
        fields["trunk"].choices = [("", "Select a trunk"), *self.places.trunks]
        fields["hours"].queryset = BusinessHours.objects.all()
        self._offer_holidays()
        for when in TIMES:
            fields[f"{when}_places"].choices = self.places.choices()
        if self.instance.pk:
            self.initial["did_numbers"] = str(dids_of(self.instance))
            targets = list(self.instance.targets.all())
            for when in TIMES:
                own = [target for target in targets if target.when == when]
                self.initial.update(initial_of(f"{when}_", own))

    def clean_caller_mask(self) -> str:
        try:
            return judge_mask(self.tenant, self.cleaned_data["caller_mask"])
        except RuleProblem as problem:
            raise forms.ValidationError(problem.message) from problem

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        dids = self._read_dids(cleaned)
        for when in TIMES:
            try:
                self.targets[when] = read_targets(cleaned, f"{when}_", self.places, dids)
            except RuleProblem as problem:
                self.add_error(problem.field, problem.message)
        if self.targets.get(When.OPEN) == [] and not cleaned.get("open_range"):
            self.add_error("open_places", NO_TARGET)
        return cleaned

    def _offer_holidays(self) -> None:
        links: Any = InboundRule.holidays.through
        linked = links.objects.filter(inboundrule_id=self.instance.pk, holiday_id=OuterRef("pk"))
        rows = list(Holiday.objects.annotate(is_chosen=Exists(linked)))
        field: Any = self.fields["chosen_holidays"]
        field.choices = [(str(row.pk), row.name) for row in rows]
        self.initial["chosen_holidays"] = [str(row.pk) for row in rows if row.is_chosen]

    def _read_dids(self, cleaned: dict[str, Any]) -> DidRange | None:
        trunk = cleaned.get("trunk")
        if trunk is None or "did_numbers" not in cleaned:
            return None
        self.instance.trunk = trunk
        try:
            return judge_dids(self.tenant, self.instance, cleaned["did_numbers"])
        except RuleProblem as problem:
            self.add_error(problem.field, problem.message)
            return None


class AdvancedRouteForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Times at which the rule leads elsewhere."""

    places = places_field("Extensions and ring groups")
    range = range_field()
    emails = emails_field()

    class Meta:
        model = AdvancedRoute
        fields = ["name", "priority", *TIME_FIELDS]
        help_texts = {
            "priority": "0 to 1000; of the routes that hold, the lowest wins.",
            "years": "Such as 2026;2028-2030. Empty = any, here and below.",
            "months": "Such as 1-3;12.",
            "days": "Of the month, such as 1;15-20.",
            "weekdays": "Such as mon-fri, or 1-5: 1 is Monday.",
            "times": "Such as 09:00-11:30;14:00-18:00, by your company's clock.",
        }

    def __init__(self, *args: Any, rule: InboundRule, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets: list[Target] = []
        self._rule = rule
        self._places = places
        field: Any = self.fields["places"]
        field.choices = places.choices()
        if self.instance.pk:
            own = [each for each in rule.targets.all() if each.advanced_id == self.instance.pk]
            self.initial.update(initial_of("", own))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        dids = None if self._rule.did_first is None else dids_of(self._rule)
        try:
            cleaned |= judge_times({field: cleaned.get(field, "") for field in TIME_FIELDS})
            self.targets = read_targets(cleaned, "", self._places, dids)
        except RuleProblem as problem:
            self.add_error(problem.field, problem.message)
        else:
            if not self.targets and not cleaned.get("range"):
                self.add_error("places", NO_TARGET)
        return cleaned


class AdvancedRouteFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # as above
    """A rule's advanced routes."""

    places: ClassVar[Places]  # set by the screen

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Hand on the rule and who can be chosen, read once."""
        kwargs = super().get_form_kwargs(index)
        return {**kwargs, "rule": self.instance, "places": self.places}


def dids_of(rule: InboundRule) -> DidRange:
    """Return the numbers of a rule."""
    return DidRange(first=rule.did_first, last=rule.did_last)


def own_targets(rule: InboundRule, when: When) -> list[InboundTarget]:
    """Return a rule's targets for a time, of the prefetched ones."""
    return [target for target in rule.targets.all() if target.when == when]
