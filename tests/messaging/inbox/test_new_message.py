"""A new message: to whom, from where, as a group or to each; and files on their way."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Attachment, Message, MessageSetting, OptOut
from tenants.models import PhoneNumber

HTMX = {"HX-Request": "true"}
BASE = "/t/acme/inbox/"
OURS = "+19195550101"
CUSTOMER = "+15125550300"
DANA = "+12065550177"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def judged(client, to, **form) -> str:
    response = client.post(f"{BASE}new/recipients/", {"to": to, "from": OURS, **form}, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def questions(asked: CaptureQueriesContext) -> int:
    """Count what is asked of tables; choosing the schema is no question."""
    return sum(not query["sql"].startswith("SET ") for query in asked)


def people(page: str) -> list[str]:
    return re.findall(r'name="to" form="composer" value="([^"]+)"', page)


def test_what_is_typed_becomes_people_each_once(signed_in, bob, say, named) -> None:
    say("hello")
    named(DANA, "Dana <b>")
    page = judged(signed_in(bob), ["(206) 555-0177, 512.555.0300", "dana <b>", "+12065550177"])
    assert people(page) == [DANA, CUSTOMER]
    assert "Dana &lt;b&gt;" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nobody", "neither a number nor a contact"),
        ("555 01", "is not a phone number"),
        ("Sam", "Several contacts are called"),
    ],
)
def test_what_is_nobody_is_told_and_stays_in_the_field(
    signed_in, bob, say, named, typed, said
) -> None:
    say("hello")
    named(DANA, "Sam")
    named("+12065550178", "sam")
    page = judged(signed_in(bob), [CUSTOMER, typed])
    assert said in page
    assert people(page) == [CUSTOMER]
    assert f'data-rest="{typed}"' in page


@pytest.mark.parametrize(
    ("count", "form", "said"),
    [
        (2, {}, "everybody sees all the numbers"),
        (2, {"individually": "1"}, "Each gets a message of their own"),
        (11, {}, "A group can have 10 members, these are 11."),
        (11, {"individually": "1"}, "Each gets a message of their own"),
        (2, {"from": "+18005550100"}, "Toll-free numbers cannot text to groups."),
    ],
    ids=["group", "each", "too many", "many, each", "toll-free"],
)
def test_the_rules_are_told_at_once(signed_in, bob, say, count, form, said) -> None:
    say("hello")
    numbers = [f"+1206555{1000 + i}" for i in range(count)]
    page = judged(signed_in(bob), numbers, **form)
    assert said in page
    assert ('id="individually"' in page) is True


def test_who_opted_out_is_told_before_anything_is_written(
    signed_in, bob, say, acme, inside
) -> None:
    say("hello")
    with inside(acme):
        OptOut.objects.create(our_number=OURS, number=DANA)
        OptOut.objects.create(our_number="+19195550199", number=CUSTOMER)
    page = judged(signed_in(bob), [DANA, CUSTOMER])
    assert "(206) 555-0177 does not want texts" in page
    assert "(512) 555-0300 does not want texts" not in page


def test_a_thread_that_exists_is_offered_to_who_may_see_it(
    signed_in, alice, bob, say, named
) -> None:
    seen = say("hello there")
    hidden = say("for nobody yet", others=[DANA], is_assigned=False)
    own = judged(signed_in(bob), [CUSTOMER])
    assert f"{BASE}{seen.conversation_id}/" in own
    assert "hello there" in own
    assert "open the conversation" not in judged(signed_in(bob), [DANA])
    assert f"{BASE}{hidden.conversation_id}/" in judged(signed_in(alice), [DANA])


def test_sent_individually_each_gets_a_message(signed_in, bob, say, acme, inside) -> None:
    say("hello")
    form = {"from": OURS, "to": [CUSTOMER, DANA], "text": "Hi", "individually": "1"}
    response = signed_in(bob).post(f"{BASE}new/", form, headers=HTMX)
    assert response["HX-Redirect"] == BASE
    with inside(acme):
        sent = Message.objects.filter(direction="out")
        assert sorted(m.conversation.participants_key for m in sent) == [DANA, CUSTOMER]


def test_several_are_a_group_otherwise(signed_in, bob, say, acme, inside) -> None:
    say("hello")
    form = {"from": OURS, "to": [CUSTOMER, DANA], "text": "Hi"}
    response = signed_in(bob).post(f"{BASE}new/", form, headers=HTMX)
    with inside(acme):
        sent = Message.objects.get(direction="out")
    assert response["HX-Redirect"] == f"{BASE}{sent.conversation_id}/"
    assert sent.kind == "mms"


def test_from_is_asked_only_when_there_is_a_choice(
    signed_in, bob, say, acme, inside, acme_line, trunk
) -> None:
    say("hello")
    client = signed_in(bob)
    assert '<select id="from"' not in client.get(f"{BASE}new/").content.decode()
    second = PhoneNumber.objects.create(number="+19195550102", trunk=trunk, tenant=acme)
    with inside(acme):
        MessageSetting.objects.create(
            phone_number=second,
            provider=acme_line.provider,
            extension=acme_line.extension,
            description="Front desk",
        )
    page = client.get(f"{BASE}new/").content.decode()
    assert '<select id="from"' in page
    assert "Front desk · (919) 555-0102" in page


def test_the_page_asks_few_questions_of_the_database(signed_in, bob, say, named) -> None:
    for i in range(6):
        say("hello", others=[f"+1206555{2000 + i}"])
        named(f"+1206555{2000 + i}", f"Name {i}")
    client = signed_in(bob)
    for path in ("new/?to=%2B12065552000", "people/?q=name", "templates/", "later/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"{BASE}{path}", headers=HTMX).status_code == 200
        # The new message stands beside the list, whose questions it cannot share.
        assert questions(asked) <= (14 if path.startswith("new/") else 12), path
    with CaptureQueriesContext(connection) as asked:
        judged(client, [f"+1206555{2000 + i}" for i in range(6)])
    assert questions(asked) <= 12


def test_the_same_form_sent_twice_sends_one_message(signed_in, bob, say, acme, inside) -> None:
    message = say("hello")
    page = signed_in(bob).get(f"{BASE}{message.conversation_id}/").content.decode()
    found = re.search(r'name="key" id="message-key" value="([0-9a-f-]{36})"', page)
    assert found
    path = f"{BASE}{message.conversation_id}/send/"
    client = signed_in(bob)
    for _ in range(2):
        assert client.post(path, {"text": "Hi", "key": found[1]}, headers=HTMX).status_code == 200
    with inside(acme):
        assert Message.objects.filter(direction="out").count() == 1


def test_the_same_text_sent_twice_on_purpose_shows_twice(signed_in, bob, say) -> None:
    message = say("hello")
    path = f"{BASE}{message.conversation_id}/send/"
    client = signed_in(bob)
    for _ in range(2):
        page = client.post(path, {"text": "Identical words"}, headers=HTMX)
    whole = client.get(f"{BASE}{message.conversation_id}/").content.decode()
    assert page["HX-Trigger"]
    assert whole.count('dir="auto">Identical words</p>') == 2


def test_a_text_changed_after_a_lost_answer_is_not_lost(signed_in, bob, say, acme, inside) -> None:
    message = say("hello")
    path = f"{BASE}{message.conversation_id}/send/"
    client = signed_in(bob)
    key = "93de2206-9669-4e07-948d-329f4b722ee2"
    client.post(path, {"text": "Hi", "key": key}, headers=HTMX)
    client.post(path, {"text": "Hi, at 5", "key": key}, headers=HTMX)
    with inside(acme):
        assert Message.objects.filter(direction="out", text="Hi, at 5").count() == 1


def test_an_upload_of_nothing_that_can_be_sent_is_a_refusal_in_words(signed_in, bob, say) -> None:
    say("hello")
    client = signed_in(bob)
    program = SimpleUploadedFile("a.exe", b"MZ\x90\0" * 20, "application/x-msdownload")
    large = SimpleUploadedFile("b.png", PNG + b"\0" * 3_500_000, "image/png")
    for file, said in ((program, "cannot be sent as MMS"), (large, "larger than 3.5 MB")):
        response = client.post(f"{BASE}upload/", {"files": [file]})
        assert response.status_code == 422
        assert said in response.content.decode()
    assert client.post(f"{BASE}upload/").status_code == 422


def test_files_beyond_ten_are_told_not_dropped_in_silence(
    signed_in, bob, say, acme, inside
) -> None:
    say("hello")
    files = [SimpleUploadedFile(f"{i}.png", PNG, "image/png") for i in range(11)]
    page = signed_in(bob).post(f"{BASE}upload/", {"files": files}).content.decode()
    assert "can carry 10 files" in page
    with inside(acme):
        assert Attachment.objects.count() == 10


def test_an_own_upload_is_removed_and_nobody_elses(
    signed_in, alice, bob, say, attach, acme, inside
) -> None:
    say("hello")
    own, others = attach(None, uploaded_by=bob), attach(None, uploaded_by=alice)
    client = signed_in(bob)
    assert client.post(f"{BASE}upload/{own.pk}/remove/").status_code == 204
    assert client.post(f"{BASE}upload/{others.pk}/remove/").status_code == 404
    with inside(acme):
        assert list(Attachment.objects.all()) == [others]


def test_a_kept_draft_gets_back_the_own_files_that_are_still_here(
    signed_in, alice, bob, say, attach
) -> None:
    sent = attach(say("hello"), uploaded_by=bob)
    own, others = attach(None, uploaded_by=bob), attach(None, uploaded_by=alice)
    query = {"attachments": [own.pk, others.pk, sent.pk, "nonsense"]}
    page = signed_in(bob).get(f"{BASE}upload/kept/", query).content.decode()
    assert str(own.pk) in page
    assert str(others.pk) not in page
    assert str(sent.pk) not in page
