"""Templates: the company's are used by all, one's own are kept by oneself."""

from __future__ import annotations

import pytest

from messaging.models import Template

HTMX = {"HX-Request": "true"}
BASE = "/t/acme/inbox/templates/"


@pytest.fixture
def kept(acme, alice, bob, inside) -> dict[str, Template]:
    with inside(acme):
        return {
            "shared": Template.objects.create(title="Hours", text="We open at <9>."),
            "bobs": Template.objects.create(title="Directions", text="Second left.", owner=bob),
            "alices": Template.objects.create(title="Secret", text="Alice only", owner=alice),
        }


def test_shared_and_own_templates_are_offered(signed_in, bob, kept) -> None:
    page = signed_in(bob).get(BASE, headers=HTMX).content.decode()
    assert 'data-insert="We open at &lt;9&gt;."' in page
    assert "Second left." in page
    assert "Alice only" not in page


@pytest.mark.parametrize(
    ("searched", "found"), [("hour", "Hours"), ("second LEFT", "Directions"), ("zzz", "")]
)
def test_they_are_found_by_title_and_text(signed_in, bob, kept, searched, found) -> None:
    headers = {**HTMX, "HX-Target": "template-rows"}
    page = signed_in(bob).get(BASE, {"q": searched}, headers=headers).content.decode()
    titles = [title for title in ("Hours", "Directions") if title in page]
    assert titles == ([found] if found else [])
    assert ("No template matches." in page) is not bool(found)
    assert "<header" not in page


def test_a_text_is_kept_as_an_own_template(signed_in, bob, kept, acme, inside) -> None:
    page = signed_in(bob).post(
        f"{BASE}new/", {"title": " Bye \n now", "text": "Bye\r\n!"}, headers=HTMX
    )
    assert "“Bye now” is saved." in page.content.decode()
    with inside(acme):
        template = Template.objects.get(title="Bye now")
    assert (template.owner_id, template.text) == (bob.pk, "Bye\n!")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"title": "", "text": "x"}, "Give it a title"),
        ({"title": "x", "text": "  "}, "Write the text to keep"),
        ({"title": "Directions", "text": "my words"}, "You have a template of this title already"),
    ],
    ids=["no title", "no text", "title taken"],
)
def test_what_cannot_be_kept_is_told_and_stays(
    signed_in, bob, kept, acme, inside, form, said
) -> None:
    response = signed_in(bob).post(f"{BASE}new/", form, headers=HTMX)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert f"{form['text']}</textarea>" in response.content.decode()
    with inside(acme):
        assert Template.objects.count() == 3


def test_own_templates_are_changed_and_deleted(signed_in, bob, kept, acme, inside) -> None:
    path = f"{BASE}{kept['bobs'].pk}/"
    client = signed_in(bob)
    assert "Second left.</textarea>" in client.get(path, headers=HTMX).content.decode()
    client.post(path, {"title": "Way", "text": "First right."}, headers=HTMX)
    with inside(acme):
        assert Template.objects.get(pk=kept["bobs"].pk).text == "First right."
    client.post(f"{path}delete/", headers=HTMX)
    with inside(acme):
        assert not Template.objects.filter(owner=bob).exists()


@pytest.mark.parametrize("whose", ["shared", "alices"])
@pytest.mark.parametrize("part", ["", "delete/"])
def test_shared_ones_and_those_of_others_are_not_found(
    signed_in, bob, kept, acme, inside, whose, part
) -> None:
    path = f"{BASE}{kept[whose].pk}/{part}"
    response = signed_in(bob).post(path, {"title": "x", "text": "y"}, headers=HTMX)
    assert response.status_code == 404
    with inside(acme):
        assert Template.objects.filter(title=kept[whose].title).exists()


def test_another_tenant_gets_none_of_them(signed_in, gina, kept) -> None:
    client = signed_in(gina)
    assert client.get(BASE, headers=HTMX).status_code == 403
    elsewhere = BASE.replace("/acme/", "/globex/")
    assert "Hours" not in client.get(elsewhere, headers=HTMX).content.decode()
    path = f"{elsewhere}{kept['shared'].pk}/delete/"
    assert client.post(path, headers=HTMX).status_code == 404
