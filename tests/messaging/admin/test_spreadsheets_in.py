"""Importing lists from CSV files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from messaging.models import (
    ConsentEntry,
    Contact,
    Extension,
    MessageSetting,
    OptOut,
    SmsConfiguration,
)
from tenants.models import PhoneNumber, Tenant, Trunk
from tests.conftest import ACME_NUMBER, GLOBEX_NUMBER

BASE = "/t/acme/messaging/"


def _said(page: Any) -> list[str]:
    return [str(problem) for problem in page.context["outcome"].problems]


def test_a_look_stores_nothing(look: Callable[..., Any], acme: Tenant, inside: Any) -> None:
    page = look("contact", "Phone number,Name\n(512) 555-0300,Cleo\n")

    assert page.context["counts"] == {"new": 1, "changed": 0, "unchanged": 0}
    with inside(acme):
        assert not Contact.objects.exists()


def test_contacts_are_added_changed_and_left(
    bring: Callable[..., Any], look: Callable[..., Any], acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550301", name="Dan", tags=["vip"], notes="Old")
        Contact.objects.create(number="+15125550302", name="Eve")
    data = (
        "Phone number,Name,Tags\n"
        '(512) 555-0300,Cleo,"vip, Austin"\n'
        "512.555.0301,Dan B,vip\n"
        "+15125550302,Eve,\n"
    )

    page = look("contact", data)
    assert page.context["counts"] == {"new": 1, "changed": 1, "unchanged": 1}
    changed = next(line for line in page.context["lines"] if line.kind == "changed")
    assert [(c.column, c.before, c.after) for c in changed.changes] == [("Name", "Dan", "Dan B")]
    assert bring("contact", data).status_code == 302

    with inside(acme):
        assert list(Contact.objects.order_by("number").values_list("name", "tags", "notes")) == [
            ("Cleo", ["vip", "Austin"], ""),
            ("Dan B", ["vip"], "Old"),
            ("Eve", [], ""),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    label: str
    model: str = "contact"
    data: str
    says: str


WRONG = [
    Wrong(
        label="no number",
        data="Phone number,Name\n555-12,Cleo\n",
        says="Row 2, phone number: “555-12” is not a phone number.",
    ),
    Wrong(
        label="rounded",
        data="Phone number,Name\n1.91956E+10,Cleo\n",
        says="Row 2, phone number: “1.91956E+10”: Excel has rounded this number",
    ),
    Wrong(label="no name", data="Phone number,Name\n5125550300,\n", says="Row 2, name: the cell"),
    Wrong(
        label="twice",
        data="Phone number,Name\n5125550300,A\n\n(512) 555-0300,B\n",
        says="Row 4, phone number: this is in row 2 already.",
    ),
    Wrong(
        label="no such column",
        data="Telephone,Title\n5125550300,A\n",
        says="The file has no column “Name”",
    ),
    Wrong(
        label="mail",
        data="Phone number,Name,E-mail\n5125550300,A,x\n",
        says="Row 2, e-mail: “x” is not an e-mail address.",
    ),
    Wrong(
        label="extension",
        model="extension",
        data="Extension,Name\n1,Ann\n",
        says="Row 2, extension: use 2 to 10 digits, such as 101.",
    ),
    Wrong(
        label="permission",
        model="extension",
        data="Extension,SMS permission\n101,everything\n",
        says="Row 2, sms permission: “everything” is no SMS permission.",
    ),
    Wrong(
        label="not our number",
        model="optout",
        data=f"Phone number,Your number\n5125550300,{GLOBEX_NUMBER}\n",
        says="Row 2, your number: this is not one of your numbers.",
    ),
    Wrong(
        label="another tenant's",
        model="messagesetting",
        data=f"Phone number,Provider\n{GLOBEX_NUMBER},Main\n",
        says="Row 2, phone number: This number is already in use.",
    ),
    Wrong(
        label="not given out",
        model="messagesetting",
        data="Phone number,Provider\n9195550999,Main\n",
        says="Row 2, phone number: This is not one of your numbers.",
    ),
    Wrong(
        label="no provider",
        model="messagesetting",
        data=f"Phone number\n{ACME_NUMBER}\n",
        says="Row 2, provider: a new number needs a provider, add the column.",
    ),
    Wrong(
        label="platform",
        model="messagesetting",
        data=f"Phone number,Provider\n{ACME_NUMBER},platform\n",
        says="Row 2, provider: This platform has no account of its own",
    ),
    Wrong(
        label="no such desk",
        model="messagesetting",
        data=f"Phone number,Provider,Extension\n{ACME_NUMBER},Main,105\n",
        says="Row 2, extension: there is no extension 105.",
    ),
    Wrong(
        label="enabled",
        model="messagesetting",
        data=f"Phone number,Provider,Enabled\n{ACME_NUMBER},Main,maybe\n",
        says="Row 2, enabled: “maybe” is neither yes nor no.",
    ),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.label)
def test_a_wrong_row_is_named_and_nothing_can_be_stored(
    case: Wrong,
    look: Callable[..., Any],
    acme_configuration: SmsConfiguration,
    acme_number: PhoneNumber,
    globex_number: PhoneNumber,
) -> None:
    page = look(case.model, case.data)

    assert len(_said(page)) == 1
    assert _said(page)[0].startswith(case.says)
    assert page.context["waiting"] == ""
    assert "Globex" not in page.content.decode()


FORMS = {
    "UTF-8": "Phone number,Name\n+15125550300,Zoë\n".encode(),
    "UTF-8 with a mark": "\ufeffPhone number,Name\n+15125550300,Zoë\n".encode(),
    "UTF-16": "Phone number\tName\r\n+15125550300\tZoë\r\n".encode("utf-16"),
    "Windows-1252": "Phone number;Name\r\n+15125550300;Zoë\r\n".encode("cp1252"),
    "separator declared": "sep=;\r\nPhone number;Name\r\n5125550300;Zoë\r\n".encode(),
    "no plus": "Phone number,Name\n15125550300,Zoë\n".encode(),
    "apostrophe": "Phone number,Name\n'+15125550300,Zoë\n".encode(),
    "other names of columns": "mobile,NAME,Shoe size\n512 555 0300,Zoë,44\n".encode(),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS.keys())
def test_files_of_all_usual_forms_are_read(
    data: bytes, bring: Callable[..., Any], acme: Tenant, inside: Any
) -> None:
    assert bring("contact", data).status_code == 302

    with inside(acme):
        contact = Contact.objects.get()
        assert (contact.number, contact.name) == ("+15125550300", "Zoë")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b"Phone number,Name\n", "nothing below it"),
        (b"PK\x03\x04rest", "This is an Excel workbook"),
        (b"Name,name\nA,B\n", "is in the file twice"),
        (b"Phone number,Name\n" + b"5125550300,A\n" * 5_001, "split it into files of 5,000"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
    ids=["empty", "no rows", "workbook", "twice", "rows", "bytes"],
)
def test_a_file_that_is_no_list_is_refused_in_words(
    data: bytes, says: str, look: Callable[..., Any]
) -> None:
    page = look("contact", data)

    assert says in " ".join(page.context["form"].errors["file"])


def test_extensions_are_matched_by_number(
    bring: Callable[..., Any], acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    bring("extension", "Extension,Name,SMS permission\n101,Anna,disabled\n102,Bea,own_numbers\n")

    with inside(acme):
        rows = Extension.objects.values_list("number", "name", "email", "sms_permission")
        assert list(rows) == [
            ("101", "Anna", "ann@acme.example", "disabled"),
            ("102", "Bea", "", "own_numbers"),
        ]


def test_imported_opt_outs_say_where_they_are_from(
    bring: Callable[..., Any], acme: Tenant, acme_number: PhoneNumber, inside: Any
) -> None:
    with inside(acme):
        OptOut.objects.create(number="+15125550300", source="keyword")

    bring(
        "optout",
        f"Phone number,Your number\n5125550300,any\n5125550301,\n5125550300,{ACME_NUMBER}\n",
    )

    with inside(acme):
        rows = OptOut.objects.order_by("pk").values_list("number", "our_number", "source")
        assert set(rows) == {
            ("+15125550300", None, "keyword"),
            ("+15125550301", None, "import"),
            ("+15125550300", ACME_NUMBER, "import"),
        }
        lines = ConsentEntry.objects.values_list("number", "our_number", "source", "by__email")
        assert set(lines) == {
            ("+15125550301", None, "import", "alice@acme.example"),
            ("+15125550300", ACME_NUMBER, "import", "alice@acme.example"),
        }


def test_settings_are_changed_and_new_numbers_entered_on_the_own_trunk(
    bring: Callable[..., Any],
    acme: Tenant,
    acme_line: MessageSetting,
    own_trunk: Trunk,
    own_account: SmsConfiguration,
    inside: Any,
) -> None:
    bring(
        "messagesetting",
        "Phone number,Provider,Extension,Description,Enabled\n"
        f"{ACME_NUMBER},Main,,Front desk,no\n"
        "(888) 555-0123,Own,101,,yes\n",
    )

    with inside(acme):
        rows = MessageSetting.objects.values_list(
            "phone_number__number", "provider__name", "extension__number", "description", "enabled"
        )
        assert list(rows) == [
            ("+18885550123", "Own", "101", "", True),
            (ACME_NUMBER, "Main", None, "Front desk", False),
        ]
    entered = PhoneNumber.objects.get(number="+18885550123")
    assert (entered.tenant, entered.trunk, entered.kind) == (acme, own_trunk, "toll_free")
