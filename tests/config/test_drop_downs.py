"""Drop-downs look as Django writes them, whatever their options are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.forms.models import ModelChoiceIteratorValue
from django.forms.renderers import DjangoTemplates
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from config.drop_downs import Renderer

HOSTILE = "\"><script>alert('1')</script>&amp;"


class Marked(forms.Select):
    """Has attributes of every kind on its options."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["attrs"] |= {"data-a": HOSTILE, "disabled": True, "hidden": False, "data-n": 1234}
        return option


@pytest.mark.parametrize(
    "widget",
    [
        forms.Select,
        UnfoldAdminSelectWidget,
        Marked,
        forms.RadioSelect,
        forms.SelectMultiple,
        UnfoldAdminRadioSelectWidget,
    ],
)
@pytest.mark.parametrize(
    ("choices", "value"),
    [
        ([], "a"),
        ([("a", "Ann"), ("b", HOSTILE), (HOSTILE, "Bob")], "b"),
        ([(HOSTILE, "Bob"), ("", "Nobody")], HOSTILE),
        ([("Desks", [("1", "One"), ("2", "Two")]), (HOSTILE, [("3", "Three")]), ("None", [])], "2"),
        ([(1234567, 1234567), (None, lazystr("<b>")), (1.5, 1.5), (True, True)], 1234567),
        ([("a", mark_safe("<i>it</i>")), (mark_safe("&lt;"), "b")], "a"),
        ([(ModelChoiceIteratorValue(7, None), "Seven"), ((1, 2), "Both")], "7"),
    ],
    ids=["none", "hostile", "hostile and chosen", "groups", "no text", "markup", "odd"],
)  # fmt: skip
def test_it_is_what_django_writes(widget: Any, choices: list[Any], value: Any) -> None:
    drop_down = widget(choices=choices, attrs={"class": "x", "title": HOSTILE, "required": True})
    ours, djangos = (
        drop_down.render("places", value, renderer=renderer())
        for renderer in (Renderer, DjangoTemplates)
    )
    assert re.sub(r"\s+", " ", ours) == re.sub(r"\s+", " ", djangos)
    assert HOSTILE not in ours
