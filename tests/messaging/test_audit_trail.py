"""Who changed what, from what to what, whichever way they came in."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import RequestFactory

from messaging.configurations import create_configuration
from messaging.consent import optouts
from messaging.models import Contact, Extension, MessageSetting, OptOut, SmsConfiguration
from tenants.actor import ActorMiddleware, because, current_actor
from tenants.audit import Action, change, note
from tenants.audit_words import changes_of, summary, who
from tenants.models import ApiKey, Membership, PhoneNumber, Tenant, Trunk, User

AS_JSON = {"content_type": "application/json"}
EXTENSION = {"name": "Bea", "email": "", "sms_permission": "own_numbers"}


def last(model: type[Any]) -> LogEntry:
    entry = LogEntry.objects.get_for_model(model).order_by("-pk").first()
    assert entry is not None
    return entry


@pytest.fixture
def desk(acme: Tenant, inside: Any) -> Extension:
    with inside(acme):
        return Extension.objects.create(number="102", name="Bea")


def test_a_page_names_the_person_and_both_values(
    signed_in: Any, alice: User, acme: Tenant, acme_line: MessageSetting, desk: Any, inside: Any
) -> None:
    setting = {
        "number": acme_line.phone_number.number,
        "account": acme_line.provider_id,
        "extension": desk.pk,
        "email": "",
        "description": "",
        "enabled": "on",
    }
    path = f"/t/acme/messaging/messagesetting/{acme_line.pk}/change/"

    assert signed_in(alice).post(path, setting).status_code == 302

    with inside(acme):
        entry = last(MessageSetting)
        assert summary(entry) == "extension: 101 Ann → 102 Bea"
        assert who(entry) == "alice@acme.example"
        assert (entry.remote_addr, entry.additional_data) == ("127.0.0.1", None)


def test_a_key_is_named_by_its_first_letters(
    alice: User, acme: Tenant, desk: Extension, inside: Any, client: Any
) -> None:
    key, secret = ApiKey.issue(alice, tenant=acme, name="Booking")

    answer = client.patch(
        f"/t/acme/api/v1/extensions/{desk.pk}/",
        {"name": "Beatrice"},
        headers={"Authorization": f"Bearer {secret}"},
        **AS_JSON,
    )

    assert answer.status_code == 200
    with inside(acme):
        entry = last(Extension)
        assert (entry.actor, entry.additional_data) == (alice, {"api_key": key.hint})
        assert summary(entry) == "name: Bea → Beatrice"


@pytest.mark.parametrize("way", ["page", "key"])
def test_a_switched_in_system_admin_is_marked(
    way: str,
    signed_in: Any,
    api: Any,
    root: User,
    acme: Tenant,
    desk: Extension,
    inside: Any,
) -> None:
    if way == "key":
        url = f"/t/acme/api/v1/extensions/{desk.pk}/"
        answer = api(root).patch(url, {"name": "Root was here"}, **AS_JSON)
        assert answer.status_code == 200
    else:
        url = f"/t/acme/messaging/extension/{desk.pk}/change/"
        data = {"number": "102", **EXTENSION, "name": "Root was here"}
        assert signed_in(root).post(url, data).status_code == 302

    with inside(acme):
        entry = last(Extension)
        assert entry.actor == root
        assert entry.additional_data["switched_in"] is True


def test_a_forwarded_address_is_not_believed(
    signed_in: Any, alice: User, acme: Tenant, desk: Extension, inside: Any
) -> None:
    signed_in(alice).post(
        f"/t/acme/messaging/extension/{desk.pk}/change/",
        {"number": "102", **EXTENSION, "name": "B"},
        headers={"X-Forwarded-For": "203.0.113.9"},
    )

    with inside(acme):
        assert last(Extension).remote_addr == "127.0.0.1"


def test_the_person_is_forgotten_after_the_request(alice: User) -> None:
    request = RequestFactory().get("/")
    request.user = alice
    seen = []

    def view(request: Any) -> Any:
        actor = current_actor()
        assert actor is not None
        seen.append(actor.user)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ActorMiddleware(view)(request)

    assert seen == [alice]
    assert current_actor() is None


def test_what_no_person_did_is_the_systems(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550300", name="Rosa", tags=["vip", "late"])
        entry = last(Contact)
        assert who(entry) == "The system"
        assert summary(entry) == "number: +15125550300; name: Rosa; tags: vip, late"


def test_a_row_that_is_gone_keeps_its_words(acme: Tenant, acme_line: Any, inside: Any) -> None:
    with inside(acme):
        acme_line.delete()
        Extension.objects.all().delete()

        entry = last(MessageSetting)
        assert entry.action == Action.REMOVED
        assert "extension: 101 Ann" in summary(entry)


def test_no_visible_difference_makes_no_entry(acme: Tenant, desk: Extension, inside: Any) -> None:
    with inside(acme):
        OptOut.objects.create(number="+15125550300", our_number=None)
        refusal = OptOut.objects.get()
        before = LogEntry.objects.count()

        desk.save()
        refusal.our_number = ""
        refusal.save()

        assert LogEntry.objects.count() == before


def test_reasons_are_kept(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        OptOut.objects.create(number="+15125550300", our_number=None)
        optouts.release(None, "+15125550300", reason="Asked by phone")

        entry = last(OptOut)
        assert (entry.action, entry.additional_data) == (
            Action.REMOVED,
            {"reason": "Asked by phone"},
        )


def test_bulk_changes_are_told_row_by_row(
    acme: Tenant, alice: User, bob: User, inside: Any
) -> None:
    rows = Membership.objects.filter(tenant=acme)

    with inside(acme):
        with because("Left"):
            assert change(rows, is_active=False) == 2
        assert change(rows, is_active=False) == 2  # as it was: nothing to tell

        entries = LogEntry.objects.get_for_model(Membership)
        assert {summary(entry) for entry in entries} == {"active: yes → no; reason: Left"}
        assert len(entries) == 2


def test_a_renumbered_extension_tells_of_its_people(
    signed_in: Any, alice: User, bob: User, acme: Tenant, acme_line: Any, inside: Any
) -> None:
    with inside(acme):
        pk = Extension.objects.get().pk
    data = {"number": "201", **EXTENSION}

    signed_in(alice).post(f"/t/acme/messaging/extension/{pk}/change/", data)

    with inside(acme):
        assert summary(last(Membership)) == "extension: 101 → 201"


def test_the_main_number_that_was_is_told_of(
    signed_in: Any, alice: User, acme: Tenant, acme_number: PhoneNumber, inside: Any
) -> None:
    PhoneNumber.objects.create(
        number="+19195550102", trunk=acme_number.trunk, tenant=acme, is_main=True
    )

    signed_in(alice).post(
        f"/t/acme/tenants/phonenumber/{acme_number.pk}/change/", {"is_main": "on"}
    )

    with inside(acme):
        told = {(e.object_repr, summary(e)) for e in LogEntry.objects.get_for_model(PhoneNumber)}
    assert told == {
        ("+19195550102", "main number: yes → no"),
        ("+19195550101", "main number: no → yes"),
    }


def test_a_note_masks_secrets_and_leaves_out_the_unknown(
    acme: Tenant, acme_configuration: Any, inside: Any
) -> None:
    changes = {"password": ("a-Canary", "b-Canary"), "webhook_token": ("c-Canary", "d-Canary")}
    with inside(acme):
        entry = note(acme_configuration, Action.CHANGED, changes=changes)
        assert entry is not None
        assert [(c.field, c.told(entry.action)) for c in changes_of(entry)] == [
            ("password", "changed")
        ]
        assert "Canary" not in str(vars(entry))
        assert note(acme_configuration, Action.CHANGED, changes={}) is None


def test_callback_credentials_are_told_of_the_configuration(
    api: Any, alice: User, acme: Tenant, acme_configuration: Any, inside: Any
) -> None:
    url = f"/t/acme/api/v1/sms-configurations/{acme_configuration.pk}/"
    body = {"callback_username": "bw2", "callback_password": "n3w-Canary"}

    assert api(alice).patch(url, body, **AS_JSON).status_code == 200

    with inside(acme):
        entry = LogEntry.objects.get_for_object(acme_configuration).first()
        assert entry is not None
        assert summary(entry) == "callback password: changed; callback username: changed"


def test_two_tenants_trails_do_not_mix(
    signed_in: Any, alice: User, gina: User, acme: Tenant, globex: Tenant, inside: Any
) -> None:
    data = {"number": "301", **EXTENSION}
    assert signed_in(alice).post("/t/acme/messaging/extension/add/", data).status_code == 302
    signed_in(gina).post("/t/globex/messaging/extension/add/", {**data, "number": "302"})

    for tenant, number, email in (
        (acme, "301 Bea", "alice@acme.example"),
        (globex, "302 Bea", "gina@globex.example"),
    ):
        with inside(tenant):
            entries = LogEntry.objects.get_for_model(Extension)
            assert [(e.object_repr, e.actor_email) for e in entries] == [(number, email)]
    assert not LogEntry.objects.get_for_model(Extension).exists()


def test_a_tenants_trail_tells_nothing_of_accounts(acme: Tenant, alice: User, inside: Any) -> None:
    with inside(acme):
        alice.name = "Alice"
        alice.save()
        change(User.objects.filter(pk=alice.pk), is_active=False)
        assert not LogEntry.objects.exists()


def test_a_refusal_by_keyword_is_told_of_once(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        for _ in range(2):
            optouts.record_opt_out("+19195550101", "+15125550300", OptOut.Source.KEYWORD)

        entry = LogEntry.objects.get_for_model(OptOut).get()
        assert summary(entry) == (
            "our number: +19195550101; number: +15125550300; source: Texted STOP"
        )


def test_a_number_entered_with_its_setting_is_told_of(
    api: Any, alice: User, acme: Tenant, inside: Any
) -> None:
    trunk = Trunk.objects.create(name="Own line", tenant=acme)
    with inside(acme):
        account = create_configuration(
            acme, SmsConfiguration(name="Own", trunk=trunk, username="u", password="p")
        )
    body = {"phone_number": "(919) 555-0177", "provider": account.pk}

    answer = api(alice).post("/t/acme/api/v1/message-settings/", body, **AS_JSON)

    assert answer.status_code == 201
    with inside(acme):
        entry = LogEntry.objects.get_for_model(PhoneNumber).get()
        assert (entry.object_repr, entry.actor) == ("+19195550177", alice)
