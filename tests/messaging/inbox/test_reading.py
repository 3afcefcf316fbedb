"""The list and the thread as people see them."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import OptOut, ReadMark

HTMX = {"HX-Request": "true"}
OTHER = "+12065550177"


def rows(client: Any, query: str = "", **headers: str) -> str:
    response = client.get(f"/t/acme/inbox/rows/?{query}", headers={**HTMX, **headers})
    assert response.status_code == 200
    return response.content.decode()


def thread(client: Any, message: Any, query: str = "") -> str:
    response = client.get(f"/t/acme/inbox/{message.conversation_id}/?{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_name_last_line_and_unread_count(signed_in, alice, say, named) -> None:
    named("+15125550300", "Marco Ruiz")
    say("first", ago=5)
    say("Is my order ready?")
    page = rows(signed_in(alice))
    assert "Marco Ruiz" in page
    assert "Is my order ready?" in page
    assert '2<span class="hidden"> unread' in page


def test_a_number_without_a_name_is_written_as_people_write_it(signed_in, alice, say) -> None:
    say("hello")
    assert "(512) 555-0300" in rows(signed_in(alice))


def test_an_answer_is_marked_as_ours(signed_in, alice, say) -> None:
    say("We are open.", direction="out")
    assert "You: We are open." in rows(signed_in(alice))


def test_opening_a_thread_reads_it_for_that_person_only(
    signed_in, alice, bob, say, acme, inside
) -> None:
    message = say("hello")
    thread(signed_in(alice), message)
    assert 'data-unread="0"' in rows(signed_in(alice))
    assert 'data-unread="1"' in rows(signed_in(bob))
    with inside(acme):
        assert ReadMark.objects.get().read_at == message.created_at


def test_the_thread_that_is_opened_is_not_unread_beside_itself(signed_in, alice, say) -> None:
    assert 'data-unread="0"' in thread(signed_in(alice), say("hello"))


def test_a_refresh_reads_only_while_the_person_looks(signed_in, alice, say) -> None:
    message = say("hello")
    client = signed_in(alice)
    address = f"/t/acme/inbox/{message.conversation_id}/messages/"
    client.get(address, headers=HTMX)
    assert 'data-unread="1"' in rows(client)
    client.get(f"{address}?seen=1", headers=HTMX)
    assert 'data-unread="0"' in rows(client)


def test_a_text_after_the_reading_is_unread_again(signed_in, alice, say) -> None:
    client = signed_in(alice)
    thread(client, say("hello", ago=2))
    say("are you there?")
    assert '1<span class="hidden"> unread' in rows(client)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("only=unread", True),
        ("only=failed", False),
        ("only=unassigned", False),
        ("only=nonsense", True),
        ("number=%2B19195550101", True),
        ("number=%2B19195550999", False),
        ("number=%00", True),
        ("ext=101", True),
        ("ext=102", False),
        ("before=x", True),
        ("before=1-1", False),
    ],
)
def test_filtering(signed_in, alice, say, query, found) -> None:
    say("Is my order ready?")
    assert ("Is my order ready?" in rows(signed_in(alice), query)) is found


@pytest.mark.parametrize("query", ["number=%2B19995550999", "ext=999"])
def test_filters_of_admins_mean_nothing_to_extension_users(signed_in, bob, say, query) -> None:
    say("mine")
    assert "mine" in rows(signed_in(bob), query)


def test_failed_shows_what_ended_badly(signed_in, alice, say) -> None:
    say("lost", direction="out", status="failed")
    say("arrived", direction="out", others=[OTHER])
    shown = rows(signed_in(alice), "only=failed")
    assert "lost" in shown
    assert "arrived" not in shown


def test_unassigned_threads_of_nobodys_number_are_the_admins(signed_in, alice, bob, say) -> None:
    say("mine", ago=1)
    say("nobody's", others=[OTHER], is_assigned=False)
    shown = rows(signed_in(alice), "only=unassigned")
    assert "nobody&#x27;s" in shown
    assert "mine" not in shown
    assert "nobody&#x27;s" not in rows(signed_in(bob), "only=unassigned")


def test_opted_out_people_are_marked(signed_in, alice, say, acme, inside) -> None:
    say("STOP")
    with inside(acme):
        OptOut.objects.create(our_number=None, number="+15125550300", source="keyword")
    assert "Opted out" in rows(signed_in(alice))


def test_the_open_thread_is_marked_in_the_list(signed_in, alice, say) -> None:
    message = say("hello")
    current = f"http://testserver/t/acme/inbox/{message.conversation_id}/"
    assert 'aria-current="page"' in rows(signed_in(alice), **{"HX-Current-URL": current})
    assert "aria-current" not in rows(signed_in(alice))


def test_a_page_of_the_list_takes_few_queries(
    signed_in, alice, say, django_assert_max_num_queries
) -> None:
    for number in range(60):
        say("hello", others=[f"+1206555{number:04}"], ago=number)
    client = signed_in(alice)
    with django_assert_max_num_queries(10):
        rows(client)
    with django_assert_max_num_queries(12):
        client.get("/t/acme/inbox/")


def test_a_page_of_a_thread_takes_few_queries(
    signed_in, alice, say, attach, django_assert_max_num_queries
) -> None:
    for number in range(60):
        message = say("hello", ago=number)
        attach(message)
    client = signed_in(alice)
    address = f"/t/acme/inbox/{message.conversation_id}/"
    client.get(address, headers=HTMX)
    # Two of each are no queries but the switch into the tenant's schema.
    with django_assert_max_num_queries(12):
        client.get(address, headers=HTMX)
    with django_assert_max_num_queries(12):
        client.get(f"{address}messages/", headers=HTMX)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}{% debug %}",
    "javascript:alert(1)",
    'https://x.example/"onmouseover="alert(1)',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_text(signed_in, alice, say, named, text) -> None:
    named("+15125550300", text[:100])
    page = thread(signed_in(alice), say(text))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert '"onmouseover' not in page


def test_the_page_runs_no_inline_script_and_talks_to_the_events_process_alone(
    signed_in, alice, say, settings
) -> None:
    settings.EVENTS_URL = "https://events.example.com"
    say("hello")
    response = signed_in(alice).get("/t/acme/inbox/")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "style-src 'self';" in policy + ";"
    assert "connect-src 'self' https://events.example.com;" in policy + ";"
    assert "unsafe" not in policy
    assert response["Cache-Control"] == "private, no-store"


def test_times_are_those_of_the_tenant(signed_in, alice, say, acme) -> None:
    acme.timezone, acme.country = "Asia/Tokyo", "JP"
    acme.save()
    message = say("hello")
    hour = (message.created_at.hour + 9) % 24
    assert f"{hour:02}:{message.created_at.minute:02}" in thread(signed_in(alice), message)


def test_in_a_group_each_text_says_whose_it_is(signed_in, alice, say, named) -> None:
    named("+15125550300", "Marco Ruiz")
    page = thread(signed_in(alice), say("hello all", others=["+15125550300", OTHER]))
    assert "<h2><bdi>Marco Ruiz</bdi></h2>" in page
    assert "2 people" in page


def test_a_person_of_no_extension_sees_an_empty_inbox(signed_in, bob, acme) -> None:
    response = signed_in(bob).get("/t/acme/inbox/")
    assert response.status_code == 200
    assert b"No messages yet" in response.content


def test_a_system_admin_sees_whom_they_manage(signed_in, root, say) -> None:
    say("hello")
    page = signed_in(root).get("/t/acme/inbox/").content.decode()
    assert "Managing Acme Dental Group" in page
    assert 'href="/system/tenants/tenant/"' in page
    assert 'action="/accounts/logout/"' in page
