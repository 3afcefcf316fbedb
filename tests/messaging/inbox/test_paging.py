"""Going through long lists and threads: everything is reached, and reached once."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

HTMX = {"HX-Request": "true"}
ROW = re.compile(r'id="c(\d+)"')
TEXT = re.compile(r"text (\d+)\.")


def follow(client: Any, address: str, link: str) -> list[str]:
    pages: list[str] = []
    while address:
        assert len(pages) < 10
        page = client.get(address, headers=HTMX).content.decode()
        pages.append(page)
        match = re.search(rf'id="{link}"[^>]*hx-get="([^"]+)"', page)
        address = html.unescape(match[1]) if match else ""
    return pages


@pytest.mark.parametrize("query", ["", "only=unread", "q=hello", "q=206555"])
def test_paging_reaches_every_conversation_once(signed_in, alice, say, query) -> None:
    made = [
        # Two share each moment: the id decides between them.
        say("hello", others=[f"+1206555{number:04}"], ago=number // 2).conversation_id
        for number in range(120)
    ]
    pages = follow(signed_in(alice), f"/t/acme/inbox/rows/?{query}", "rows-more")
    assert [len(ROW.findall(page)) for page in pages] == [50, 50, 20]
    found = [int(pk) for page in pages for pk in ROW.findall(page)]
    assert sorted(found) == sorted(made)


def test_older_pages_of_the_list_leave_the_unread_total_alone(signed_in, alice, say) -> None:
    for number in range(51):
        say("hello", others=[f"+1206555{number:04}"], ago=number)
    first, second = follow(signed_in(alice), "/t/acme/inbox/rows/", "rows-more")
    assert 'data-unread="51"' in first
    assert "data-unread" not in second


def test_paging_back_reaches_every_message_once(signed_in, alice, say) -> None:
    for number in range(120):
        message = say(f"text {number}.", ago=number // 2)
    address = f"/t/acme/inbox/{message.conversation_id}/messages/"
    pages = follow(signed_in(alice), address, "earlier")
    assert len(pages) == 3
    assert sorted(int(n) for page in pages for n in TEXT.findall(page)) == list(range(120))


def test_a_thread_opens_around_a_message_and_goes_on_both_ways(signed_in, alice, say) -> None:
    said = [say(f"text {number}.", ago=200 - number) for number in range(150)]
    client = signed_in(alice)
    address = f"/t/acme/inbox/{said[0].conversation_id}/"
    page = client.get(f"{address}?at={said[60].pk}").content.decode()
    around = [int(n) for n in TEXT.findall(page.partition('id="log"')[2])]
    assert around == list(range(35, 86))
    assert page.count("is-sought") == 1
    assert "Newest messages" in page
    later = re.search(r'id="later-messages"[^>]*hx-get="([^"]+)"', page)
    earlier = re.search(r'id="earlier"[^>]*hx-get="([^"]+)"', page)
    assert later
    assert earlier
    after = follow(client, html.unescape(later[1]), "later-messages")
    before = follow(client, html.unescape(earlier[1]), "earlier")
    reached = around + [int(n) for part in (*after, *before) for n in TEXT.findall(part)]
    assert sorted(reached) == list(range(150))


@pytest.mark.parametrize(
    "query", ["at=x", "at=9d3f0a9e-5a2f-4b8e-8a53-1f1d8a3f7b11", "before=x", "before=1-1", "after="]
)
def test_a_made_up_place_shows_the_newest(signed_in, alice, say, query) -> None:
    message = say("text 1.")
    page = signed_in(alice).get(f"/t/acme/inbox/{message.conversation_id}/?{query}")
    assert page.status_code == 200
    assert "text 1." in page.content.decode()


def test_another_threads_message_is_no_place_in_this_one(signed_in, bob, say) -> None:
    own = say("mine")
    other = say("secret", others=["+12065550177"], is_assigned=False)
    page = signed_in(bob).get(f"/t/acme/inbox/{own.conversation_id}/?at={other.pk}")
    assert "secret" not in page.content.decode()
