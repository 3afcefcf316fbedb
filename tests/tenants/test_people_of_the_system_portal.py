"""Looking after other people's sign-in, without ever knowing a password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone

from tenants import mails
from tenants.invitations import invite
from tenants.models import ApiKey, Invitation, Membership, PhoneNumber, Tenant, UsageDay, User
from tests.conftest import PASSWORD

USERS = "/system/tenants/user/"
INVITATIONS = "/system/tenants/invitation/"
CONFIRMED = {"_form_submitted": "True"}


@pytest.fixture
def portal(signed_in, root) -> Client:
    browser: Client = signed_in(root)
    return browser


def _do(portal: Client, action: str, row: Any, place: str = USERS) -> Any:
    return portal.post(f"{place}{row.pk}/{action}/", CONFIRMED)


def _password_sign_in(user: User) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return browser


def test_ended_sessions_are_really_over(portal, alice, api, acme) -> None:
    desk, phone = _password_sign_in(alice), _password_sign_in(alice)
    program = api(alice)
    assert [b.get("/t/acme/").status_code for b in (desk, phone)] == [200, 200]

    assert "End all sessions" in portal.get(f"{USERS}{alice.pk}/end_sessions/").content.decode()
    assert desk.get("/t/acme/").status_code == 200, "asking changes nothing"
    _do(portal, "end_sessions", alice)

    for browser in (desk, phone):
        assert browser.get("/t/acme/")["Location"].startswith("/accounts/login/")
        assert browser.get("/t/acme/api/v1/members/").status_code in (401, 403)
    assert program.get("/t/acme/api/v1/members/").status_code == 200
    assert _password_sign_in(alice).get("/t/acme/").status_code == 200


def test_deactivating_shuts_out_people_and_their_programs(portal, alice, api) -> None:
    browser, program = _password_sign_in(alice), api(alice)
    _do(portal, "deactivate", alice)
    assert browser.get("/t/acme/").status_code == 302
    assert program.get("/t/acme/api/v1/members/").status_code == 401
    assert _password_sign_in(alice).get("/t/acme/").status_code == 302
    _do(portal, "activate", alice)
    assert browser.get("/t/acme/").status_code == 302, "the old session stays over"
    assert _password_sign_in(alice).get("/t/acme/").status_code == 200


def test_a_reset_of_the_second_step_forgets_all_of_it(portal, alice) -> None:
    for kind in ("totp", "recovery_codes", "webauthn"):
        Authenticator.objects.create(user=alice, type=kind, data={})
    _do(portal, "reset_two_step", alice)
    assert not Authenticator.objects.filter(user=alice).exists()
    alice.refresh_from_db()
    assert alice.sign_out_count == 1


def test_a_reset_link_sets_a_password_the_admin_never_sees(portal, alice, monkeypatch) -> None:
    asked: list[User] = []

    def note(user: User) -> bool:
        asked.append(user)
        return True

    monkeypatch.setattr("tenants.admin.people.request_reset_link", note)
    _do(portal, "send_reset_link", alice)
    assert asked == [alice]
    assert "on its way" in portal.get(USERS).content.decode()

    mails.mail_reset_link(alice.pk)
    body = str(mail.outbox[-1].body)
    link = next(line for line in body.splitlines() if "/accounts/password/reset/key/" in line)
    path = link.removeprefix("http://127.0.0.1:8000")
    browser = Client()
    form = browser.get(path, follow=True)
    new = {"password1": "n3w horse 77x", "password2": "n3w horse 77x"}
    browser.post(form.redirect_chain[-1][0], new)
    alice.refresh_from_db()
    assert alice.check_password("n3w horse 77x")
    assert "does not work any more" in Client().get(path).content.decode()


@pytest.mark.parametrize(
    "action", ["send_reset_link", "end_sessions", "reset_two_step", "deactivate", "activate"]
)
def test_only_system_admins_do_any_of_it(action, signed_in, alice, bob) -> None:
    assert _do(signed_in(alice), action, bob).status_code == 403
    bob.refresh_from_db()
    assert (bob.is_active, bob.sign_out_count) == (True, 0)


def test_a_row_offers_what_fits_it(portal, alice, bob) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    page = portal.get(USERS).content.decode()
    assert f"{USERS}{alice.pk}/deactivate/" in page
    assert f"{USERS}{alice.pk}/activate/" not in page
    assert f"{USERS}{bob.pk}/activate/" in page
    assert f"{USERS}{bob.pk}/deactivate/" not in page


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "admin"}, "tenant"),
        ({"kind": "extension", "tenant": "acme"}, "extension"),
        ({"kind": "system", "tenant": "acme"}, "tenant"),
        ({"kind": "admin", "tenant": "acme", "email": "alice@acme.example"}, "email"),
        ({"kind": "system", "email": "root@example.com"}, "email"),
    ],
    ids=["no tenant", "no extension", "system with tenant", "member", "system admin"],
)
def test_a_wrong_invitation_is_told_at_its_field(form, field, portal, acme, alice) -> None:
    data = {"email": "new@example.com", "name": "", "extension": "", **form}
    if "tenant" in data:
        data["tenant"] = acme.pk
    response = portal.post(f"{INVITATIONS}add/", data)
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Invitation.objects.exists()


def test_system_admins_invite_to_any_place(portal, acme) -> None:
    base = {"name": "", "extension": ""}
    portal.post(f"{INVITATIONS}add/", {**base, "email": "a@x.example", "kind": "system"})
    chosen = {"email": "b@x.example", "kind": "extension", "tenant": acme.pk, "extension": "7"}
    page = portal.post(f"{INVITATIONS}add/", {**base, **chosen}, follow=True).content.decode()
    assert "Invitation sent to b@x.example." in page
    made = {one.email: (one.tenant, one.role, one.extension) for one in Invitation.objects.all()}
    assert made == {"a@x.example": (None, "admin", ""), "b@x.example": (acme, "extension", "7")}


def test_while_no_mail_server_is_set_the_page_says_where_mail_goes(portal, acme, settings) -> None:
    settings.EMAIL_URL = ""
    form = {"email": "a@x.example", "name": "", "kind": "system", "extension": ""}
    page = portal.post(f"{INVITATIONS}add/", form, follow=True).content.decode()
    assert "DATA_DIR/mail" in page


def test_the_tenants_page_tells_members_numbers_and_last_texts(
    portal, acme, alice, bob, acme_number
) -> None:
    UsageDay.objects.create(tenant=acme, day="2026-03-02", received=1, counted_at=timezone.now())
    UsageDay.objects.create(tenant=acme, day="2026-03-03", counted_at=timezone.now())
    page = portal.get("/system/tenants/tenant/").content.decode()
    assert "Mar 2, 2026" in page
    assert f"tenant__id__exact={acme.pk}" in page
    row = portal.get(f"/system/tenants/tenant/{acme.pk}/change/").content.decode()
    assert alice.email in row
    assert bob.email in row
    assert "Message Channels" in row


def _many(tenant: Tenant, trunk: Any) -> None:
    later, sixty = timezone.now() + timedelta(days=7), range(60)
    users = User.objects.bulk_create([User(email=f"p{n:02}@acme.example") for n in sixty])
    Membership.objects.bulk_create(
        [Membership(user=user, tenant=tenant, role="extension", extension="101") for user in users]
    )
    Authenticator.objects.bulk_create(
        [Authenticator(user=user, type="totp", data={}) for user in users]
    )
    PhoneNumber.objects.bulk_create(
        [PhoneNumber(number=f"+1919555{n:04}", trunk=trunk, tenant=tenant) for n in sixty]
    )
    Tenant.objects.bulk_create(
        [
            Tenant(slug=f"many-{n}", name=f"Many {n}", schema_name=f"t_many_{n}", state="ready")
            for n in sixty
        ]
    )
    Invitation.objects.bulk_create(
        [
            Invitation(
                email=f"i{n}@x.example", tenant=tenant, invited_by=users[n],
                token_hash=str(n).encode(), expires_at=later,
            )
            for n in sixty
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("root", "/system/tenants/tenant/"),
        ("root", USERS),
        ("root", INVITATIONS),
        ("root", "/system/tenants/membership/"),
        ("alice", "/t/acme/tenants/membership/"),
        ("alice", "/t/acme/tenants/invitation/"),
    ],
)
def test_a_list_of_sixty_costs_no_more_than_a_dozen_queries(
    person, path, request, signed_in, acme, trunk, django_assert_max_num_queries
) -> None:
    browser = signed_in(request.getfixturevalue(person))
    _many(acme, trunk)
    browser.get(path)
    with django_assert_max_num_queries(12):
        assert browser.get(path).status_code == 200


def test_an_invitation_is_shown_with_what_became_of_it(portal, acme) -> None:
    made = invite("new@x.example", tenant=acme, by=None, role="admin")
    assert "Being sent" in portal.get(INVITATIONS).content.decode()
    _do(portal, "revoke", made, INVITATIONS)
    assert "Revoked" in portal.get(INVITATIONS).content.decode()
    assert portal.get(f"{INVITATIONS}{made.pk}/change/").status_code == 200
    assert not ApiKey.objects.exists()
