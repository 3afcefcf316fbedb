"""A text that came in by the webhook lands where its rule says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from messaging import queue
from messaging.models import (
    Conversation,
    Extension,
    InboundRule,
    MailDelivery,
    MessageSetting,
    SmsConfiguration,
)
from tenants.models import Tenant

OURS = 19195550101
CUSTOMER = "+15125550300"

Inside = Callable[[Tenant], AbstractContextManager[None]]


def _rule(line: MessageSetting, **fields: Any) -> InboundRule:
    values = {"did_first": OURS, "did_last": OURS, **fields}
    return InboundRule.objects.create(name="Rule", trunk=line.phone_number.trunk, **values)


def _arrives(arrive: Any, payload: Any, run_drain: Any, configuration: SmsConfiguration) -> None:
    event = payload("inbound_sms", **{"from": CUSTOMER}, id="in-1", text="Hello")
    arrive(event, configuration)
    run_drain()


def test_it_reaches_the_extension_and_the_mail_of_the_rule(
    acme: Tenant, acme_line: MessageSetting, inside: Inside, arrive: Any, payload: Any,
    run_drain: Any, published: Any,
) -> None:  # fmt: skip
    with inside(acme):
        MessageSetting.objects.update(email="setting@acme.example")
        rule = _rule(acme_line, caller_mask="+1512555****")
        desk = Extension.objects.create(number="201", name="Dora")
        rule.targets.create(kind="extension", extension=desk)
        for name in ("a", "b"):
            rule.targets.create(kind="email", email=f"{name}@acme.example")

    _arrives(arrive, payload, run_drain, acme_line.provider)

    with inside(acme):
        assert Conversation.objects.get().extension == desk
        addresses = set(MailDelivery.objects.values_list("address", flat=True))
    assert addresses == {"a@acme.example", "b@acme.example"}
    assert sum(each.task == queue.SEND_MAIL for each in published) == 2


def test_it_is_unassigned_and_kept_when_its_extension_is_gone(
    acme: Tenant, acme_line: MessageSetting, inside: Inside, arrive: Any, payload: Any,
    run_drain: Any, texts: Any,
) -> None:  # fmt: skip
    with inside(acme):
        _rule(acme_line).targets.create(kind="range", range_first="900", range_last="900")

    _arrives(arrive, payload, run_drain, acme_line.provider)

    assert texts() == ["Hello"]
    with inside(acme):
        assert Conversation.objects.get().extension is None


def test_it_goes_by_message_settings_when_the_caller_is_another(
    acme: Tenant, acme_line: MessageSetting, inside: Inside, arrive: Any, payload: Any,
    run_drain: Any,
) -> None:  # fmt: skip
    with inside(acme):
        rule = _rule(acme_line, caller_mask="+1212*******")
        rule.targets.create(kind="nobody")

    _arrives(arrive, payload, run_drain, acme_line.provider)

    with inside(acme):
        assert Conversation.objects.get().extension == acme_line.extension


def test_a_rule_of_one_tenant_is_nothing_to_another(
    acme: Tenant, globex: Tenant, acme_line: MessageSetting, globex_line: MessageSetting,
    inside: Inside, arrive: Any, payload: Any, run_drain: Any,
) -> None:  # fmt: skip
    with inside(acme):
        rule = _rule(acme_line, did_first=10**10, did_last=2 * 10**10)
        rule.targets.create(kind="extension", extension=acme_line.extension)
    arrive(payload("inbound_sms", to="+13125550201", id="in-2"), globex_line.provider)
    run_drain()
    with inside(globex):
        assert Conversation.objects.get().extension is None
    with inside(acme):
        assert not Conversation.objects.exists()
