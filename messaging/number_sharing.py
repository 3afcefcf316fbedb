"""Who shares a number: rules that the screens, the REST API and the spreadsheet share."""

from __future__ import annotations

from collections.abc import Collection

from messaging.models import Extension, RingGroup
from messaging.number_settings import NumberProblem


def check_sharing(
    extension: Extension | None, others: Collection[Extension], ring_group: RingGroup | None
) -> None:
    """Judge whose inboxes a number's texts reach: an extension and others, or a ring group.

    Raises NumberProblem.
    """
    if ring_group is not None and (extension is not None or others):
        raise NumberProblem(
            "ring_group",
            "Choose an extension or a ring group, not both: a ring group's members are its own.",
        )
    if others and extension is None:
        raise NumberProblem(
            "other_extensions", "Choose an extension first; the others share its inbox."
        )


def check_number_is_free(number: str, *, group: RingGroup | None = None) -> None:
    """Keep a ring group's number apart from the extensions'.

    Raises NumberProblem.
    """
    if Extension.objects.filter(number=number).exists():
        raise NumberProblem(
            "number", f"{number} is an extension's number. Choose another for the ring group."
        )
    taken = RingGroup.objects.filter(number=number)
    if group is not None and group.pk:
        taken = taken.exclude(pk=group.pk)
    if taken.exists():
        raise NumberProblem("number", "There is a ring group of this number already.")


def check_extension_is_free(number: str) -> None:
    """Keep an extension's number apart from the ring groups'.

    Raises NumberProblem.
    """
    if RingGroup.objects.filter(number=number).exists():
        raise NumberProblem("number", f"{number} is a ring group's number. Choose another.")
