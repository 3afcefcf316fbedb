"""Take, transfer, assign, done and reopen: by whom, and when two do it at once."""

from __future__ import annotations

import pytest

from messaging.handling import actions
from messaging.handling.refusals import HandlingRefused
from messaging.handling.replies import settle
from messaging.models import Conversation, Extension, HandlingEvent
from tenants.roles import Role


@pytest.fixture
def thread(group, text_in):
    """A thread of the group that Ann (101) handles."""
    return text_in()


@pytest.fixture
def loose(group, text_in, acme, inside):
    """A thread of the group that nobody handles."""
    with inside(acme):
        Extension.objects.update(is_available=False)
    found = text_in()
    with inside(acme):
        Extension.objects.update(is_available=True)
    return found


def handler_of(thread: Conversation) -> str | None:
    fresh = Conversation.objects.select_related("extension").get(pk=thread.pk)
    return fresh.extension.number if fresh.extension else None


def last_event(thread: Conversation) -> tuple[str, str | None, str | None]:
    event = HandlingEvent.objects.filter(conversation=thread).latest("id")
    by = event.by.email if event.by else None
    return (event.kind, by, event.extension.number if event.extension else None)


def test_a_loose_thread_is_taken(loose, who, acme, inside) -> None:
    with inside(acme):
        actions.take(loose, who("102"), seen=None)
        assert handler_of(loose) == "102"
        assert last_event(loose) == ("taken", "102@acme.example", "102")


def test_of_two_who_take_at_once_one_is_first(loose, who, acme, inside) -> None:
    with inside(acme):
        second = Conversation.objects.get(pk=loose.pk)
        actions.take(loose, who("102"), seen=None)
        with pytest.raises(HandlingRefused, match="102 Bea Bright was quicker"):
            actions.take(second, who("103"), seen=None)
        assert handler_of(loose) == "102"
        assert HandlingEvent.objects.filter(kind="taken").count() == 1


def test_a_colleagues_thread_is_taken_over_and_recorded(thread, who, acme, inside, desks) -> None:
    with inside(acme):
        actions.take(thread, who("103"), seen=desks["101"].pk)
        assert handler_of(thread) == "103"
        assert last_event(thread) == ("taken", "103@acme.example", "103")


def test_taking_what_one_has_is_no_event(thread, who, acme, inside, kinds, desks) -> None:
    with inside(acme):
        actions.take(thread, who("101"), seen=desks["101"].pk)
        assert kinds(thread) == ["given"]


def test_who_has_no_extension_takes_nothing(thread, who, acme, inside, alice) -> None:
    with inside(acme), pytest.raises(HandlingRefused, match="no extension of your own"):
        actions.take(thread, who(alice, Role.ADMIN), seen=thread.extension_id)


@pytest.mark.parametrize(
    ("person", "to", "refusal"),
    [
        pytest.param("101", "102", None, id="handler"),
        pytest.param("alice", "103", None, id="admin"),
        pytest.param("102", "103", "Only who handles", id="colleague"),
        pytest.param("101", "104", "does not share", id="outsider"),
        pytest.param("101", "101", "already", id="the-same"),
    ],
)
def test_transfer(thread, who, acme, inside, desks, alice, person, to, refusal) -> None:
    actor = who(alice, Role.ADMIN) if person == "alice" else who(person)
    with inside(acme):
        if refusal:
            with pytest.raises(HandlingRefused, match=refusal):
                actions.transfer(thread, actor, desks[to])
            assert handler_of(thread) == "101"
        else:
            actions.transfer(thread, actor, desks[to])
            assert handler_of(thread) == to
            assert last_event(thread) == ("transferred", actor.user.email, to)


def test_later_texts_go_to_the_new_handler(thread, who, text_in, acme, inside, desks) -> None:
    with inside(acme):
        actions.transfer(thread, who("101"), desks["103"])
    text_in("And one more thing")
    with inside(acme):
        assert handler_of(thread) == "103"


def test_a_transfer_of_what_was_taken_away_is_refused(thread, who, acme, inside, desks) -> None:
    with inside(acme):
        page = Conversation.objects.get(pk=thread.pk)
        actions.take(thread, who("103"), seen=desks["101"].pk)
        with pytest.raises(HandlingRefused, match="103 Cy Cole was quicker"):
            actions.transfer(page, who("101"), desks["102"])
        assert handler_of(thread) == "103"


@pytest.mark.parametrize("to", ["104", None])
def test_admins_assign_to_anybody_or_nobody(thread, who, acme, inside, desks, alice, to) -> None:
    with inside(acme):
        actions.assign(thread, who(alice, Role.ADMIN), desks[to] if to else None)
        assert handler_of(thread) == to
        assert last_event(thread) == ("assigned", "alice@acme.example", to)


def test_extension_users_assign_nothing(thread, who, acme, inside, desks) -> None:
    with inside(acme), pytest.raises(HandlingRefused, match="Only an admin"):
        actions.assign(thread, who("101"), desks["102"])


def test_done_twice_is_done_once(thread, who, acme, inside, kinds) -> None:
    with inside(acme):
        actions.done(thread, who("102"))
        actions.done(Conversation.objects.get(pk=thread.pk), who("103"))
        assert kinds(thread) == ["given", "done"]
        actions.reopen(thread, who("103").user)
        actions.reopen(thread, who("103").user)
        assert kinds(thread) == ["given", "done", "reopened"]
        thread.refresh_from_db()
        assert thread.done_at is None


def test_who_answers_a_loose_thread_has_it(loose, who, acme, inside, people, desks) -> None:
    with inside(acme):
        settle(loose, people["103"], desks["103"])
        assert handler_of(loose) == "103"
        assert last_event(loose) == ("taken", "103@acme.example", "103")


def test_an_answer_leaves_a_colleagues_thread_theirs_and_opens_it(
    thread, who, acme, inside, people, desks, kinds
) -> None:
    with inside(acme):
        actions.done(thread, who("101"))
        settle(thread, people["103"], desks["103"])
        assert handler_of(thread) == "101"
        assert kinds(thread) == ["given", "done", "reopened"]


def test_pages_of_all_who_share_are_told(
    thread, who, acme, inside, desks, hints, django_capture_on_commit_callbacks
) -> None:
    hints.clear()
    with inside(acme), django_capture_on_commit_callbacks(execute=True):
        actions.transfer(thread, who("101"), desks["103"])
    assert hints[-1]["extension"] == "103"
    assert set(hints[-1]["others"]) == {"101", "102", "103"}
