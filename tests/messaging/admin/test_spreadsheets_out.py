"""Exporting lists as CSV files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.models import Contact, MessageSetting, OptOut
from tenants.models import Tenant

BASE = "/t/acme/messaging/"


def _rows(response: Any) -> list[list[str]]:
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_what_the_list_shows_is_exported(
    admin: Client, acme: Tenant, globex: Tenant, inside: Any
) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550300", name="Cleo", tags=["vip", "Austin"])
        Contact.objects.create(number="+15125550301", name="Dan")
    with inside(globex):
        Contact.objects.create(number="+15125550302", name="Cleo of Globex", tags=["vip"])

    rows = _rows(admin.get(f"{BASE}contact/export/?tag=vip"))

    assert rows == [
        ["Phone number", "Name", "Company", "E-mail", "Tags", "Notes"],
        ["'+15125550300", "Cleo", "", "", "vip, Austin", ""],
    ]


def test_no_cell_is_run_as_a_formula(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550300", name="=1+1", notes="@cmd")

    row = _rows(admin.get(f"{BASE}contact/export/"))[1]

    assert (row[1], row[5]) == ("'=1+1", "'@cmd")


@pytest.mark.parametrize("model", ["contact", "extension", "optout", "messagesetting"])
def test_an_export_can_be_imported_again_and_changes_nothing(
    model: str, admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        Contact.objects.create(
            number="+15125550300", name="-Cleo", notes="two\nlines", tags=["a", "b"]
        )
        OptOut.objects.create(number="+15125550300", our_number="+19195550101")
        OptOut.objects.create(number="+15125550301")
    response = admin.get(f"{BASE}{model}/export/")
    data = b"".join(response.streaming_content)

    page = admin.post(f"{BASE}{model}/import/", {"file": SimpleUploadedFile("x.csv", data)})

    assert not page.context["outcome"].problems
    counts = page.context["counts"]
    assert (counts["new"], counts["changed"]) == (0, 0)
    assert counts["unchanged"] == (2 if model == "optout" else 1)


def test_the_template_names_the_columns_and_no_rows(admin: Client) -> None:
    rows = _rows(admin.get(f"{BASE}messagesetting/import/template/"))

    assert rows == [
        [
            "Phone number",
            "Provider",
            "Extension",
            "Other extensions",
            "Ring group",
            "E-mail",
            "Description",
            "Enabled",
        ]
    ]


def test_many_rows_are_written_in_batches(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Contact.objects.bulk_create(
            Contact(number=f"+1512555{n:04}", name=f"C{n:04}") for n in range(1_200)
        )

    with CaptureQueriesContext(connection) as captured:
        rows = _rows(admin.get(f"{BASE}contact/export/"))

    assert len(rows) == 1_201
    assert [row[1] for row in rows[1:]] == [f"C{n:04}" for n in range(1_200)]
    assert len(captured) < 25


def test_a_filter_that_is_none_leads_back_to_the_list(admin: Client) -> None:
    assert admin.get(f"{BASE}messagesetting/export/?enabled__exact=x").status_code == 302
