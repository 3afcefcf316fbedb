"""Whose turn it is: round robin, who keeps a thread, and who is passed over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.handling import actions, choose
from messaging.inbound import placing
from messaging.inbound.routing import Route
from messaging.models import (
    Conversation,
    Extension,
    HandlingEvent,
    MessageSetting,
    RingGroupMember,
)
from tenants.models import Membership
from tenants.roles import Role


def numbers(count: int) -> list[str]:
    return [f"+1512555{1000 + index}" for index in range(count)]


def handler_of(thread: Conversation) -> str | None:
    thread.refresh_from_db()
    return thread.extension.number if thread.extension else None


def test_threads_are_given_in_turn(group, text_in, acme, inside) -> None:
    given = [text_in(sender=sender).extension.number for sender in numbers(7)]
    assert given == ["101", "102", "103", "101", "102", "103", "101"]
    with inside(acme):
        events = HandlingEvent.objects.values_list("kind", "extension__number")
        assert [number for kind, number in events if kind == "given"] == given


def test_a_handler_keeps_the_thread(group, text_in, acme, inside, kinds) -> None:
    thread = text_in()
    for _ in range(3):
        text_in("and another thing")
    with inside(acme):
        assert handler_of(thread) == "101"
        assert kinds(thread) == ["given"]


@pytest.mark.parametrize("reason", ["away", "membership", "account", "left", "nobody"])
def test_who_is_not_there_is_passed_over(
    group, text_in, acme, inside, desks, people, reason
) -> None:
    thread = text_in()
    with inside(acme):
        if reason == "away":
            Extension.objects.filter(number="101").update(is_available=False)
        elif reason == "left":
            RingGroupMember.objects.filter(extension=desks["101"]).delete()
        elif reason == "membership":
            Membership.objects.filter(extension="101").update(is_active=False)
        elif reason == "account":
            people["101"].is_active = False
            people["101"].save()
        else:
            Membership.objects.filter(extension="101").delete()
    text_in("Anybody?")
    given = [text_in(sender=sender).extension.number for sender in numbers(4)]
    with inside(acme):
        assert handler_of(thread) == "102"
    assert "101" not in given


def test_nobody_there_leaves_it_to_the_group(group, text_in, acme, inside) -> None:
    thread = text_in()
    with inside(acme):
        Extension.objects.update(is_available=False)
    text_in("Anybody?")
    with inside(acme):
        assert handler_of(thread) is None
        assert thread.ring_group == group
        Extension.objects.filter(number="103").update(is_available=True)
    text_in("Hello?")
    with inside(acme):
        assert handler_of(thread) == "103"


def test_another_tenants_people_of_the_same_extension_count_for_nothing(
    group, text_in, acme, globex, gina, inside
) -> None:
    Membership.objects.filter(tenant=acme, extension="101").delete()
    Membership.objects.filter(user=gina).update(extension="101")
    assert text_in().extension.number == "102"


def test_the_next_text_opens_what_was_done(group, text_in, acme, inside, who, kinds) -> None:
    thread = text_in()
    with inside(acme):
        actions.done(thread, who("101"))
    thread = text_in("One more thing")
    with inside(acme):
        assert thread.done_at is None
        assert handler_of(thread) == "101"
        assert kinds(thread) == ["given", "done", "reopened"]


def test_extensions_on_one_number_take_turns(acme_line, desks, people, text_in, acme, inside):
    with inside(acme):
        acme_line.other_extensions.set([desks["103"], desks["104"]])
    given = [text_in(sender=sender).extension.number for sender in numbers(6)]
    assert given == ["101", "103", "104", "101", "103", "104"]
    with inside(acme):
        shared = Conversation.objects.first().shared_with
        assert shared == sorted(desks[number].pk for number in ("101", "103", "104"))


def test_a_number_of_one_extension_is_as_ever(acme_line, people, text_in, acme, inside) -> None:
    with inside(acme):
        Extension.objects.update(is_available=False)
    thread = text_in()
    assert thread.extension.number == "101"
    assert (thread.ring_group_id, thread.shared_with) == (None, [])
    with inside(acme):
        assert not HandlingEvent.objects.exists()


def test_an_admins_choice_from_outside_stays(group, text_in, acme, inside, who, alice, desks):
    thread = text_in()
    with inside(acme):
        actions.assign(thread, who(alice, Role.ADMIN), desks["104"])
    text_in("Still there?")
    with inside(acme):
        assert handler_of(thread) == "104"


def test_a_thread_follows_its_number_to_a_group_and_back(
    acme_line, group, text_in, acme, inside, desks
) -> None:
    with inside(acme):
        MessageSetting.objects.update(extension=desks["102"], ring_group=None)
    thread = text_in()
    assert (thread.extension.number, thread.ring_group_id) == ("102", None)
    with inside(acme):
        MessageSetting.objects.update(extension=None, ring_group=group)
    thread = text_in("again")
    assert (thread.extension.number, thread.ring_group_id) == ("102", group.pk)
    with inside(acme):
        MessageSetting.objects.update(extension=desks["104"], ring_group=None)
    thread = text_in("and again")
    assert (thread.extension.number, thread.ring_group_id) == ("104", None)


def test_a_turn_seen_by_two_workers_is_given_once(group, acme, inside, desks) -> None:
    with inside(acme):
        present = [desks[number] for number in ("101", "102", "103")]
        places = list(
            RingGroupMember.objects.order_by("extension__number").values_list(
                "pk", "extension", "last_given_at"
            )
        )
        by_key = {extension.pk: extension for extension in present}
        # Both have read the same places.
        first = choose._claimed(places, by_key)
        second = choose._claimed(places, by_key)
        assert (first.number, second.number) == ("101", "102")


def test_a_place_in_another_workers_hands_is_passed_over(group, acme, inside, desks) -> None:
    with inside(acme):
        place = RingGroupMember.objects.get(extension=desks["101"])
        place.last_given_at = timezone.now() - timedelta(days=1)
        # Its turn as this worker read it; meanwhile another one has given it a thread.
        RingGroupMember.objects.update(last_given_at=timezone.now())
        seen = [(place.pk, desks["101"].pk, place.last_given_at)]
        assert choose._claimed(seen, {desks["101"].pk: desks["101"]}) is None
        assert choose.by_turn([desks["101"]], [group]) == desks["101"]


def test_a_colleague_who_takes_it_meanwhile_keeps_it(group, text_in, acme, inside, desks) -> None:
    with inside(acme):
        Extension.objects.update(is_available=False)
    thread = text_in()
    with inside(acme):
        Extension.objects.update(is_available=True)
        message = thread.messages.get()
        stale = Conversation.objects.get(pk=thread.pk)
        Conversation.objects.filter(pk=thread.pk).update(extension=desks["103"])
        placing.place(stale, Route(ring_groups=(group,)), message)
        assert handler_of(thread) == "103"
        assert stale.extension_id == desks["103"].pk
