"""Joining by a mailed link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tenants import invitations, mails
from tenants.invitations import InvitationClosed, WrongAccount, accept, hash_token, invite
from tenants.models import Invitation, Membership, Tenant, User
from tests.conftest import PASSWORD

NEW = "new@acme.example"
JOIN = {"name": "Nora New", "password": "brand new horse 7", "again": "brand new horse 7"}


def _mailed(invitation: Invitation) -> str:
    """Send the mail and return the path of its link."""
    mails.mail_invitation(invitation.pk)
    body = str(mail.outbox[-1].body)
    link = next(line for line in body.splitlines() if "/invite/" in line)
    return link.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def invited(acme: Tenant, alice: User) -> Invitation:
    return invite(NEW, tenant=acme, by=alice, role="extension", extension="101", name="Nora")


def test_a_new_person_sets_name_and_password_and_is_in(invited, acme) -> None:
    browser, link = Client(), _mailed(invited)
    assert "Acme Dental Group" in browser.get(link).content.decode()

    response = browser.post(link, JOIN)

    assert response["Location"] == "/t/acme/inbox/"
    user = User.objects.get(email=NEW)
    assert (user.name, user.check_password(JOIN["password"])) == ("Nora New", True)
    member = user.memberships.get()
    assert (member.tenant, member.role, member.extension) == (acme, "extension", "101")
    assert browser.get("/t/acme/inbox/").status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": NEW, "again": NEW}, "too similar"),
        ({"again": "another horse 77"}, "not the same"),
        ({"name": ""}, "required"),
    ],
    ids=["short", "like the address", "different", "no name"],
)
def test_a_wrong_entry_is_told(change, words, invited) -> None:
    page = Client().post(_mailed(invited), {**JOIN, **change}).content.decode()
    assert words in page
    assert not User.objects.filter(email=NEW).exists()


def test_the_token_is_nowhere_but_in_the_mail(invited) -> None:
    token = _mailed(invited).removeprefix("/invite/")
    row = Invitation.objects.get()
    assert bytes(row.token_hash) == hash_token(token)
    values = Invitation.objects.values().get()
    assert token not in str({k: bytes(v) if k == "token_hash" else v for k, v in values.items()})


def test_a_link_works_once(invited) -> None:
    link = _mailed(invited)
    Client().post(link, JOIN)
    again = Client().post(link, {**JOIN, "name": "Second"})
    assert again.status_code == 410
    assert "was used" in again.content.decode()
    assert User.objects.get(email=NEW).name == "Nora New"


def test_of_two_acceptances_one_joins(invited, acme) -> None:
    _mailed(invited)
    user = User.objects.create_user(NEW, PASSWORD)
    first, second = Invitation.objects.get(), Invitation.objects.get()
    accept(first, user)
    with pytest.raises(InvitationClosed):
        accept(second, user)
    assert user.memberships.count() == 1


def test_an_account_made_meanwhile_is_not_taken_over(invited) -> None:
    _mailed(invited)
    User.objects.create_user(NEW, PASSWORD)
    with pytest.raises(InvitationClosed):
        invitations.accept_as_new(Invitation.objects.get(), name="X", password="takeover horse 77")
    assert User.objects.get(email=NEW).check_password(PASSWORD)
    assert Invitation.objects.get().accepted_at is None


def test_somebody_with_an_account_signs_in_and_confirms(gina, acme, signed_in) -> None:
    link = _mailed(invite(gina.email, tenant=acme, by=None, role="admin"))

    stranger = Client().post(link, JOIN)
    assert f"/accounts/login/?next={link.replace('/', '%2F')}" in stranger.content.decode()
    assert gina.memberships.count() == 1

    browser = signed_in(gina)
    assert "Join" in browser.get(link).content.decode()
    assert gina.memberships.count() == 1, "looking changes nothing"
    assert browser.post(link)["Location"] == "/t/acme/"
    gina.refresh_from_db()
    assert gina.check_password(PASSWORD)
    assert gina.name == ""
    assert gina.memberships.get(tenant=acme).role == "admin"


def test_the_wrong_account_cannot_accept(invited, gina, signed_in) -> None:
    link, browser = _mailed(invited), signed_in(gina)
    response = browser.post(link, JOIN)
    assert response.status_code == 403
    assert "somebody else" in response.content.decode()
    with pytest.raises(WrongAccount):
        accept(Invitation.objects.get(), gina)
    assert gina.memberships.count() == 1
    left = browser.post("/accounts/logout/", {"next": link})
    assert left["Location"] == link


def test_an_invitation_opens_its_own_tenant_only(invited, acme, globex) -> None:
    browser, link = Client(), _mailed(invited)
    browser.post(f"{link}?tenant={globex.pk}", {**JOIN, "tenant": globex.pk, "role": "admin"})
    user = User.objects.get(email=NEW)
    assert [(one.tenant, one.role) for one in user.memberships.all()] == [(acme, "extension")]
    assert browser.get("/t/globex/inbox/").status_code == 403
    assert Client().get(f"/t/globex{link}").status_code in (302, 404)
    assert not user.is_system_admin


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, 410, "to send it again"),
        ({"revoked_at": timezone.now()}, 410, "taken back"),
    ],
    ids=["expired", "revoked"],
)
def test_a_closed_link_says_what_to_do(fields, status, words, invited) -> None:
    link = _mailed(invited)
    Invitation.objects.update(**fields)
    for response in (Client().get(link), Client().post(link, JOIN)):
        assert response.status_code == status
        assert words in response.content.decode()
    assert not User.objects.filter(email=NEW).exists()


def test_an_unknown_link_says_what_to_do(db) -> None:
    response = Client().get("/invite/nonsense")
    assert response.status_code == 404
    assert "copy the whole line" in response.content.decode()


def test_a_suspended_tenant_takes_nobody_in(invited, acme) -> None:
    link = _mailed(invited)
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    response = Client().post(link, JOIN)
    assert response.status_code == 403
    assert "is suspended" in response.content.decode()
    assert not User.objects.filter(email=NEW).exists()
    Tenant.objects.filter(pk=acme.pk).update(is_active=True)
    assert Client().post(link, JOIN).status_code == 302


def test_the_newest_link_alone_works(invited) -> None:
    old = _mailed(invited)
    invitations.send_again(invited)
    assert Client().get(old).status_code == 404
    assert Client().get(_mailed(invited)).status_code == 200


def test_one_that_ran_out_gives_way_to_a_new_one(invited, acme) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    invite(NEW.upper(), tenant=acme, by=None, role="admin")
    left = invitations.still_open(Invitation.objects.all())
    assert [one.role for one in left] == ["admin"]


def test_a_new_system_admin_sets_up_the_second_step_first(root) -> None:
    link = _mailed(invite("boss@example.com", tenant=None, by=root))
    browser = Client()
    assert browser.post(link, JOIN)["Location"] == "/system/"
    assert User.objects.get(email="boss@example.com").is_system_admin
    assert browser.get("/system/")["Location"] == "/accounts/2fa/"


def test_a_mail_that_failed_is_sent_by_the_sweep(
    invited, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise SMTPException

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", broken)
        with pytest.raises(SMTPException):
            mails.mail_invitation(invited.pk)
    assert Invitation.objects.get().sent_at is None

    published: list[int] = []
    monkeypatch.setattr(invitations, "_publish", published.append)
    Invitation.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    invitations.sweep_unsent()
    assert published == [invited.pk]
    mails.mail_invitation(invited.pk)
    mails.mail_invitation(invited.pk)
    assert len(mail.outbox) == 1
    invitations.sweep_unsent()
    assert published == [invited.pk]


def test_the_mail_goes_out_after_the_commit(
    acme, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    published: list[int] = []
    monkeypatch.setattr(invitations, "_publish", published.append)
    with django_capture_on_commit_callbacks(execute=True):
        made = invite(NEW, tenant=acme, by=None, role="admin")
        assert published == []
    assert published == [made.pk]


def test_a_line_break_in_a_name_makes_no_header(acme, alice) -> None:
    Tenant.objects.filter(pk=acme.pk).update(name="Acme\nBcc: x@evil.example")
    _mailed(invite(NEW, tenant=Tenant.objects.get(pk=acme.pk), by=alice, role="admin"))
    assert "\n" not in mail.outbox[-1].subject
    assert mail.outbox[-1].recipients() == [NEW]


def test_the_link_page_keeps_the_strict_content_policy(invited) -> None:
    response = Client().get(_mailed(invited))
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    page = response.content.decode()
    assert 'style="' not in page
    assert "<script>" not in page


def test_a_member_made_meanwhile_stays_what_they_are(acme, bob) -> None:
    made = Invitation.objects.create(
        email=bob.email,
        tenant=acme,
        role="admin",
        token_hash=b"x",
        expires_at=timezone.now() + timedelta(days=1),
    )
    accept(made, bob)
    assert Membership.objects.get(user=bob).role == "extension"
