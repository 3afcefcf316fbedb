"""Who shares a number, in and out of a CSV file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import Extension, MessageSetting, RingGroup
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER

PAGE = "/t/acme/messaging/messagesetting/"
HEAD = "Phone number,Extension,Other extensions,Ring group\n"


@pytest.fixture(autouse=True)
def _desks(acme: Tenant, acme_line: MessageSetting) -> None:
    with tenant_context(acme):
        for number in ("102", "103"):
            Extension.objects.create(number=number, name=f"Desk {number}")
        RingGroup.objects.create(number="600", name="Sales")


def _shared(acme: Tenant) -> list[str]:
    with tenant_context(acme):
        setting = MessageSetting.objects.get()
        return list(setting.other_extensions.order_by("number").values_list("number", flat=True))


def test_other_extensions_come_in_and_go_out(
    bring: Callable[..., Any], look: Callable[..., Any], acme: Tenant, signed_in: Any, alice: Any
) -> None:
    data = f"{HEAD}{ACME_NUMBER},101,103; 102;101,\n"
    (line,) = look("messagesetting", data).context["lines"]
    assert [(c.column, c.before, c.after) for c in line.changes] == [
        ("Other extensions", "", "102;103")
    ]
    assert bring("messagesetting", data).status_code == 302
    assert _shared(acme) == ["102", "103"]
    with tenant_context(acme):
        assert LogEntry.objects.filter(changes__has_key="other_extensions").count() == 1

    client: Client = signed_in(alice)
    file = b"".join(client.get(f"{PAGE}export/").streaming_content)
    assert b",102;103," in file
    page = client.post(f"{PAGE}import/", {"file": SimpleUploadedFile("x.csv", file)})
    assert page.context["counts"] == {"new": 0, "changed": 0, "unchanged": 1}

    assert bring("messagesetting", f"{HEAD}{ACME_NUMBER},101,,\n").status_code == 302
    assert _shared(acme) == []


def test_a_file_without_the_column_leaves_them(bring: Callable[..., Any], acme: Tenant) -> None:
    with tenant_context(acme):
        MessageSetting.objects.get().other_extensions.set(Extension.objects.filter(number="102"))

    data = f"Phone number,Description\n{ACME_NUMBER},Front\n"
    assert bring("messagesetting", data).status_code == 302
    assert _shared(acme) == ["102"]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (
            "101,102;999,",
            "other extensions: there is no extension 999: write numbers, as in 101;102.",
        ),
        (
            ",102,",
            "other extensions: Choose an extension first; the others share its inbox.",
        ),
        (
            ",102,600",
            (
                "ring group: Choose an extension or a ring group, not both: a ring group's"
                " members are its own."
            ),
        ),
    ],
    ids=["unknown", "nobody's", "ring group"],
)
def test_a_wrong_cell_is_said_in_words(look: Callable[..., Any], cells: str, says: str) -> None:
    page = look("messagesetting", f"{HEAD}{ACME_NUMBER},{cells}\n")

    assert [str(problem) for problem in page.context["outcome"].problems] == [f"Row 2, {says}"]
