"""Inbound rules as a spreadsheet: one line a rule, its targets as words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from tablib import Dataset

from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.ranges import DidRange
from messaging.inbound.rules.saving import (
    NO_TARGET,
    TIMES,
    Target,
    When,
    judge_dids,
    judge_mask,
    judge_targets,
    range_target,
    store_rule,
    target_of,
    usable_trunks,
)
from messaging.models import BusinessHours, Extension, InboundRule, InboundTarget, RingGroup
from messaging.spreadsheets.columns import ChoiceCell, Column, TextCell, YesNoCell
from messaging.spreadsheets.resource import SheetResource
from tenants.models import Tenant

Kind = InboundTarget.Kind

_GROUP = re.compile(r"group\s+([0-9]{2,10})", re.IGNORECASE)
_CELL = 2_000


class _DidColumn(Column):
    """The rule's numbers: what the file says, or what is stored."""

    def get_value(self, instance: InboundRule) -> str:
        """Return the range as it is typed."""
        typed: str | None = instance.__dict__.get(self.attribute)
        if typed is not None or instance.did_first is None:
            return typed or ""
        return str(DidRange(first=instance.did_first, last=instance.did_last))


class _TargetColumn(Column):
    """The rule's targets at one time: what the file says, or what is stored."""

    def __init__(self, when: When, title: str) -> None:
        super().__init__(f"{when}_words", title, widget=TextCell(_CELL))
        self.when = when

    def get_value(self, instance: InboundRule) -> str:
        """Return the targets as words."""
        typed: str | None = instance.__dict__.get(self.attribute)
        if typed is not None or instance.pk is None:
            return typed or ""
        stored = [target_of(row) for row in instance.targets.all() if row.when == self.when]
        return _write(stored)


class InboundRuleSheet(SheetResource):
    """Inbound rules, matched by their name."""

    title = "inbound rules"
    required = ("Name",)
    hints = (
        "Numbers: one of your numbers, or a range with a hyphen. Callers: empty = everybody.",
        (
            "Goes to, out of office and holidays: extensions (101), ring groups (group 600), e-mail"
            " addresses, one extension for each number (1100-1199), “same” for the extension the"
            " number ends with, or “nobody”, with ; between them."
        ),
        "Advanced routes and chosen holidays are kept as they are: see the rule's page.",
    )

    number = Column("name", "Name", widget=TextCell(64, required=True))
    trunk = Column("trunk", "Trunk")
    dids = _DidColumn("did_numbers", "Numbers", "dids", "did numbers", widget=TextCell(60))
    callers = Column("caller_mask", "Callers", "caller mask", widget=TextCell(400))
    enabled = Column("enabled", "Enabled", "on", widget=YesNoCell())
    hours = Column("hours", "Business hours", "hours", saves_null_values=True)
    open = _TargetColumn(When.OPEN, "Goes to")
    closed = _TargetColumn(When.CLOSED, "Out of office")
    holiday = _TargetColumn(When.HOLIDAY, "Holidays")

    class Meta(SheetResource.Meta):
        model = InboundRule
        fields = (
            "number",
            "trunk",
            "dids",
            "callers",
            "enabled",
            "hours",
            "open",
            "closed",
            "holiday",
        )
        import_order = fields
        export_order = fields

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.fields["trunk"].widget = ChoiceCell(
            {trunk: (trunk.name,) for trunk in usable_trunks(tenant)},
            unknown="there is no trunk “{}”",
        )
        hours = {each: (each.name,) for each in BusinessHours.objects.all()}
        self.fields["hours"].widget = ChoiceCell(
            {None: ("", "company"), **hours}, unknown="there are no business hours “{}”"
        )
        self._extensions = {each.number: each for each in Extension.objects.all()}
        self._groups = {each.number: each for each in RingGroup.objects.all()}

    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield the rules by name."""
        rules = InboundRule.objects.select_related("trunk", "hours").prefetch_related(
            "targets__extension", "targets__ring_group"
        )
        for rule in rules:
            yield rule.name, rule

    def judge(self, instance: Any, *, new: bool) -> None:
        """Judge the rule as its form does; what it reads is kept for `store`."""
        if instance.trunk_id is None:
            raise ValidationError({"trunk": "a new rule needs a trunk"})
        try:
            typed = self.fields["dids"].get_value(instance)
            dids = judge_dids(self.tenant, instance, typed)
            instance.did_numbers = str(dids)
            instance.caller_mask = judge_mask(self.tenant, instance.caller_mask)
            instance.read_targets = {when: self._targets(instance, when, dids) for when in TIMES}
            if not instance.read_targets[When.OPEN]:
                raise RuleProblem("open", NO_TARGET)
        except RuleProblem as problem:
            raise ValidationError({problem.field: problem.message.rstrip(".")}) from problem

    def store(self, new: list[Any], changed: list[tuple[Any, Any]]) -> None:
        """Save each rule with its targets; the trail is written by the saving."""
        for rule in [*new, *(row for _, row in changed)]:
            store_rule(rule, targets=rule.read_targets)

    def _targets(self, rule: InboundRule, when: When, dids: DidRange) -> list[Target]:
        column = self.fields[when.value]
        words = [word.strip() for word in column.get_value(rule).split(";")]
        targets = [self._target(word, dids, when) for word in words if word]
        judge_targets(targets, field=when.value)
        setattr(rule, column.attribute, _write(targets))
        return targets

    def _target(self, word: str, dids: DidRange, when: When) -> Target:
        if word.lower() in (Kind.SAME, Kind.NOBODY):
            return Target(kind=Kind(word.lower()))
        if word in self._extensions:
            return Target(kind=Kind.EXTENSION, extension=self._extensions[word])
        group = _GROUP.fullmatch(word)
        if group is not None and group[1] in self._groups:
            return Target(kind=Kind.RING_GROUP, ring_group=self._groups[group[1]])
        if "@" in word:
            return _mail(word, when)
        if "-" in word:
            return range_target(word, dids, field=when.value)
        raise RuleProblem(when.value, f"“{word[:60]}” is neither an extension nor a ring group")


def _mail(word: str, when: When) -> Target:
    try:
        validate_email(word)
    except ValidationError as error:
        raise RuleProblem(when.value, f"“{word[:60]}” is not an e-mail address") from error
    return Target(kind=Kind.EMAIL, email=word)


def _write(targets: Sequence[Target]) -> str:
    return "; ".join(_word(target) for target in targets)


def _word(target: Target) -> str:
    if target.extension is not None:
        return target.extension.number
    if target.ring_group is not None:
        return f"group {target.ring_group.number}"
    if target.kind == Kind.RANGE:
        return f"{target.range_first}-{target.range_last}"
    return target.email or str(target.kind)
