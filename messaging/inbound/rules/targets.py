"""A rule's targets, turned into the extensions, groups and addresses that are there now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.inbound.rules.ranges import DidRange, ExtensionRange, last_digits
from messaging.models import Extension, InboundTarget, RingGroup

Kind = InboundTarget.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a text goes; all empty = the unassigned list."""

    extensions: tuple[Extension, ...] = ()
    ring_groups: tuple[RingGroup, ...] = ()
    emails: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()  # what was meant and is not there, in words

    @property
    def is_unassigned(self) -> bool:
        """Tell whether the text lands in nobody's inbox."""
        return not self.extensions and not self.ring_groups


def resolve(targets: Sequence[InboundTarget], did: int, dids: DidRange) -> Destination:
    """Find what the targets name for a text to this DID; what is gone is skipped.

    One query, and only for targets that are worked out from the DID.
    """
    known = _extensions(targets, did, dids)
    extensions: list[Extension] = []
    skipped: list[str] = []
    for target in targets:
        if target.kind == Kind.EXTENSION and target.extension is not None:
            extensions.append(target.extension)
        elif target.kind in (Kind.RANGE, Kind.SAME):
            found = next((known[n] for n in _wanted(target, did, dids) if n in known), None)
            if found is not None:
                extensions.append(found)
            else:
                skipped.append(_missing(target, did, dids))
    return Destination(
        extensions=tuple(dict.fromkeys(extensions)),
        ring_groups=tuple(dict.fromkeys(t.ring_group for t in targets if t.ring_group)),
        emails=tuple(dict.fromkeys(t.email for t in targets if t.email)),
        skipped=tuple(skipped),
    )


def _extensions(targets: Sequence[InboundTarget], did: int, dids: DidRange) -> dict[str, Extension]:
    numbers = {number for target in targets for number in _wanted(target, did, dids)}
    if not numbers:
        return {}
    return {found.number: found for found in Extension.objects.filter(number__in=numbers)}


def _wanted(target: InboundTarget, did: int, dids: DidRange) -> list[str]:
    if target.kind == Kind.SAME:
        return last_digits(did)
    if target.kind == Kind.RANGE:
        extensions = ExtensionRange(first=target.range_first, last=target.range_last)
        return [extensions.at(did - dids.first)]
    return []


def _missing(target: InboundTarget, did: int, dids: DidRange) -> str:
    if target.kind == Kind.SAME:
        return f"No extension is the end of {did}."
    return f"There is no extension {_wanted(target, did, dids)[0]}."
