"""The fields that say where a rule's texts go: people to choose, a range, e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet, Value
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from messaging.admin.tenant_form import text_input
from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.ranges import DidRange
from messaging.inbound.rules.saving import Target, judge_targets, range_target, usable_trunks
from messaging.inbound.rules.wording import SAME_DIGITS, UNASSIGNED
from messaging.models import Extension, InboundTarget, RingGroup
from tenants.models import Tenant

Kind = InboundTarget.Kind

_MOST_MAILS = 10


class Places:
    """What a rule's form offers: trunks, extensions and ring groups, read in one query."""

    def __init__(self, tenant: Tenant) -> None:
        self._extensions: dict[str, Extension] = {}
        self._groups: dict[str, RingGroup] = {}
        self.trunks: list[tuple[int, str]] = []
        rows = _named(usable_trunks(tenant).annotate(number=Value("")), "trunk")
        for kind, key, number, name in rows.union(
            _named(Extension.objects.all(), "extension"),
            _named(RingGroup.objects.all(), "group"),
            all=True,
        ).order_by("number", "name"):
            match kind:
                case "extension":
                    self._extensions[f"e{key}"] = Extension(pk=key, number=number, name=name)
                case "group":
                    self._groups[f"g{key}"] = RingGroup(pk=key, number=number, name=name)
                case _:
                    self.trunks.append((key, name))

    def choices(self) -> list[Any]:
        """Return them in groups, as a drop-down shows them."""
        return [
            ("Extensions", [(key, str(row)) for key, row in self._extensions.items()]),
            ("Ring groups", [(key, str(row)) for key, row in self._groups.items()]),
            ("Others", [(Kind.SAME.value, SAME_DIGITS), (Kind.NOBODY.value, UNASSIGNED)]),
        ]

    def target(self, key: str) -> Target:
        """Return the target that a choice stands for."""
        if key in self._extensions:
            return Target(kind=Kind.EXTENSION, extension=self._extensions[key])
        if key in self._groups:
            return Target(kind=Kind.RING_GROUP, ring_group=self._groups[key])
        return Target(kind=key)


def _named(rows: QuerySet[Any], kind: str) -> QuerySet[Any, Any]:
    named = rows.order_by().annotate(what=Value(kind))
    found: QuerySet[Any, Any] = named.values_list("what", "pk", "number", "name")
    return found


def places_field(label: str, help_text: str = "") -> forms.MultipleChoiceField:
    """Make the field that chooses people."""
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
        help_text=help_text,
        error_messages={"invalid_choice": "Somebody you chose is not there any more: look again."},
    )


def range_field() -> forms.CharField:
    """Make the field for a range of extensions."""
    return forms.CharField(
        label="And one extension for each number",
        required=False,
        max_length=30,
        widget=text_input(placeholder="1100-1199", autocomplete="off"),
        help_text="The first number's texts go to the first extension, and so on.",
    )


def emails_field() -> forms.CharField:
    """Make the field for e-mail addresses."""
    return forms.CharField(
        label="And by e-mail to",
        required=False,
        max_length=1000,
        widget=text_input(placeholder="desk@example.com; boss@example.com", autocomplete="off"),
    )


def initial_of(prefix: str, targets: Sequence[InboundTarget]) -> dict[str, Any]:
    """Return what the three fields show of stored targets."""
    keys = []
    for target in targets:
        if target.kind == Kind.EXTENSION:
            keys.append(f"e{target.extension_id}")
        elif target.kind == Kind.RING_GROUP:
            keys.append(f"g{target.ring_group_id}")
        elif target.kind in (Kind.SAME, Kind.NOBODY):
            keys.append(str(target.kind))
    ranges = [t for t in targets if t.kind == Kind.RANGE]
    return {
        f"{prefix}places": keys,
        f"{prefix}range": "; ".join(f"{t.range_first}-{t.range_last}" for t in ranges),
        f"{prefix}emails": "; ".join(t.email for t in targets if t.kind == Kind.EMAIL),
    }


def read_targets(
    cleaned: Mapping[str, Any], prefix: str, places: Places, dids: DidRange | None
) -> list[Target]:
    """Read the three fields; without DIDs, which are wrong then, the range is not judged.

    Raises RuleProblem with the field's name.
    """
    targets = [places.target(key) for key in cleaned.get(f"{prefix}places", [])]
    typed = cleaned.get(f"{prefix}range", "").strip()
    if typed and dids is not None:
        targets.append(range_target(typed, dids, field=f"{prefix}range"))
    targets += [
        Target(kind=Kind.EMAIL, email=address)
        for address in _addresses(cleaned.get(f"{prefix}emails", ""), f"{prefix}emails")
    ]
    judge_targets(targets, field=f"{prefix}places")
    return targets


def _addresses(text: str, field: str) -> list[str]:
    addresses = list(dict.fromkeys(filter(None, re.split(r"[;,\s]+", text))))
    if len(addresses) > _MOST_MAILS:
        raise RuleProblem(field, f"At most {_MOST_MAILS} addresses.")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise RuleProblem(field, f"“{address[:60]}” is not an e-mail address.") from error
    return addresses
