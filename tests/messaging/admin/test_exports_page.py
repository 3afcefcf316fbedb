"""Exports in the portal: asked for, watched, downloaded and deleted by the tenant's admins only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.exports import writer
from messaging.models import Export
from tenants.models import Tenant, User

LIST = "/t/acme/messaging/export/"
ASK = "/t/acme/messaging/message/export/"


def _written(acme: Tenant, user: User, inside: Any) -> Export:
    with inside(acme):
        export = Export.objects.create(kind="messages", user=user)
        writer.run(export.pk)
        export.refresh_from_db()
    return export


def test_the_button_asks_for_what_the_list_shows(
    admin: Client, alice: User, acme: Tenant, inside: Any
) -> None:
    answer = admin.post(f"{ASK}?status=failed&q=hi&p=2")

    assert answer.headers["Location"] == LIST
    with inside(acme):
        export = Export.objects.get()
    assert (export.filters, export.user_id) == ({"status": "failed", "q": "hi"}, alice.pk)
    body = admin.get(LIST).content.decode()
    assert "Status: Failed; Search: “hi”" in body
    assert f'hx-get="{LIST}{export.pk}/state/"' in body


def test_asking_needs_a_post_and_filters_that_make_sense(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    assert admin.get(ASK).status_code == 405
    assert "from=yesterday" in admin.post(f"{ASK}?from=yesterday").headers["Location"]
    with inside(acme):
        assert not Export.objects.exists()


def test_a_finished_export_is_downloaded_and_asks_no_more(
    admin: Client, alice: User, acme: Tenant, inside: Any
) -> None:
    export = _written(acme, alice, inside)

    cell = admin.get(f"{LIST}{export.pk}/state/").content.decode()
    answer = admin.get(f"{LIST}{export.pk}/file/")

    assert "hx-get" not in cell
    assert f"{LIST}{export.pk}/file/" in cell
    assert b"".join(answer.streaming_content).startswith("\ufeffTime,".encode())  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="acme-messages')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_unfinished_export_has_no_file(
    admin: Client, alice: User, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        export = Export.objects.create(kind="messages", user=alice)
    assert admin.get(f"{LIST}{export.pk}/file/").status_code == 404


def test_deleting_takes_the_file_along(
    admin: Client, alice: User, acme: Tenant, inside: Any, media_folder: Path
) -> None:
    export = _written(acme, alice, inside)
    assert list(media_folder.rglob("*.csv"))

    admin.get(f"{LIST}{export.pk}/delete/")
    assert list(media_folder.rglob("*.csv"))
    admin.post(f"{LIST}{export.pk}/delete/", {"post": "yes"})

    assert not list(media_folder.rglob("*.csv"))
    with inside(acme):
        assert not Export.objects.exists()


def test_others_get_nothing_of_it(
    alice: User, bob: User, gina: User, acme: Tenant, inside: Any, signed_in: Any
) -> None:
    export = _written(acme, alice, inside)
    for other in (bob, gina):
        client = signed_in(other)
        assert client.post(ASK).status_code == 403
        for path in ("", f"{export.pk}/file/", f"{export.pk}/state/", f"{export.pk}/delete/"):
            assert client.get(f"{LIST}{path}").status_code == 403, path
        assert client.post(f"{LIST}{export.pk}/delete/", {"post": "yes"}).status_code == 403
    elsewhere = f"/t/globex/messaging/export/{export.pk}"
    for path in ("file", "state", "delete", "change"):
        assert signed_in(gina).get(f"{elsewhere}/{path}/").status_code == 404, path
    with inside(acme):
        assert Export.objects.count() == 1


def test_the_page_asks_few_queries_however_many_exports(
    admin: Client, alice: User, acme: Tenant, inside: Any
) -> None:
    assert "No exports yet" in admin.get(LIST).content.decode()
    with inside(acme):
        for _ in range(30):
            Export.objects.create(kind="messages", user=alice)

    with CaptureQueriesContext(connection) as asked:
        admin.get(LIST)

    assert len(asked) <= 12
