"""Being the customer: texts and pictures from the handset reach the webhook as Bandwidth's do."""

from __future__ import annotations

import base64
import json
from typing import Any

import bandwidth
import pytest
import requests

from providers.bandwidth.provider import BandwidthProvider
from providers.simulator.server import RunningSimulator
from providers.types import InboundMessage, OutboundMessage
from tests.providers.contract.cases import PICTURE
from tests.providers.servers import Webhook, eventually
from tests.providers.simulator.conftest import CUSTOMER, OURS

ATTACHED = {
    "filename": "my pic/ture<1>.png",
    "content_type": "image/png",
    "data": base64.b64encode(b"\x89PNG").decode(),
}


def send(simulator: RunningSimulator, **fields: object) -> requests.Response:
    body = {"our": OURS, "customer": CUSTOMER, "text": "Hello", **fields}
    return requests.post(f"{simulator.base_url}/handset/messages", json=body, timeout=5)


def state(simulator: RunningSimulator) -> dict[str, Any]:
    asked = {"our": OURS, "customer": CUSTOMER}
    answer = requests.get(f"{simulator.base_url}/handset/state", params=asked, timeout=5)
    return dict(answer.json())


def inbound(webhook: Webhook) -> InboundMessage:
    body = webhook.next().body
    (event,) = json.loads(body)
    bandwidth.Callback.from_json(json.dumps(event))
    parsed = BandwidthProvider.parse_webhook(BandwidthProvider.split_webhook(body)[0].payload)
    assert isinstance(parsed, InboundMessage)
    return parsed


def test_a_text_reaches_the_webhook(simulator: RunningSimulator, webhook: Webhook) -> None:
    assert send(simulator).status_code == 201
    message = inbound(webhook)
    assert (message.sender, message.our_number, message.text) == (CUSTOMER, OURS, "Hello")
    assert message.media_urls == ()


def test_a_picture_comes_after_a_layout_part_and_needs_credentials(
    simulator: RunningSimulator, webhook: Webhook, adapter: BandwidthProvider
) -> None:
    send(simulator, attachments=[ATTACHED])
    layout, picture = inbound(webhook).media_urls
    assert layout.endswith("/0/0.smil")
    assert picture.endswith("/1/my-pic-ture-1-.png")
    assert requests.get(picture, timeout=5).status_code == 401
    assert adapter.fetch_media(picture).content == b"\x89PNG"
    assert adapter.fetch_media(layout).content_type == "application/smil"


def test_media_urls_do_not_depend_on_how_the_page_was_opened(
    simulator: RunningSimulator, webhook: Webhook
) -> None:
    port = simulator.base_url.rpartition(":")[2]
    body = {"our": OURS, "customer": CUSTOMER, "text": "", "attachments": [ATTACHED]}
    url = f"http://localhost:{port}/handset/messages"
    requests.post(url, json=body, headers={"Host": "evil.example"}, timeout=5)
    assert all(url.startswith(simulator.api_url) for url in inbound(webhook).media_urls)


def test_the_conversation_shows_both_sides(
    simulator: RunningSimulator, webhook: Webhook, adapter: BandwidthProvider
) -> None:
    send(simulator)
    webhook.next()
    url = adapter.upload_media(PICTURE, name="x/a.png")
    adapter.send(
        OutboundMessage(
            sender=OURS,
            recipients=(CUSTOMER,),
            text="Hi",
            tag="t",
            media_urls=(url, "https://elsewhere.example/b.png"),
        )
    )
    shown = state(simulator)
    assert shown["numbers"] == [{"number": OURS, "account_id": "9900001"}]
    mine, theirs = shown["messages"]
    assert (mine["direction"], mine["text"]) == ("out", "Hello")
    assert (theirs["direction"], theirs["text"]) == ("in", "Hi")
    own, foreign = theirs["media"]
    picture = requests.get(simulator.base_url + own["url"], timeout=5)
    assert (picture.content, picture.headers["Content-Type"]) == (PICTURE.content, "image/png")
    assert foreign == {"name": "https://elsewhere.example/b.png", "url": ""}


def test_the_log_shows_what_each_callback_was_answered(
    simulator: RunningSimulator, webhook: Webhook
) -> None:
    webhook.statuses = [500]
    send(simulator)
    eventually(lambda: len(state(simulator)["callbacks"]) == 2)
    first, second = state(simulator)["callbacks"]
    assert (first["status"], first["outcome"]) == (500, "will be repeated")
    assert (second["status"], second["outcome"], second["attempt"]) == (202, "taken", 2)


def test_a_file_that_could_run_is_only_downloaded(
    simulator: RunningSimulator, adapter: BandwidthProvider
) -> None:
    page = {**ATTACHED, "filename": "x.svg", "content_type": "image/svg+xml"}
    send(simulator, attachments=[page])
    (shown,) = state(simulator)["messages"][0]["media"]
    answer = requests.get(simulator.base_url + shown["url"], timeout=5)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"our": "+13125550199"}, 404),
        ({"customer": "nobody"}, 400),
        ({"customer": ""}, 400),
        ({"text": 5}, 400),
        ({"attachments": [{}]}, 400),
        ({"attachments": [{**ATTACHED, "data": "!"}]}, 400),
        ({"attachments": "x"}, 400),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused(
    fields: dict[str, object], status: int, simulator: RunningSimulator
) -> None:
    assert send(simulator, **fields).status_code == status
    assert state(simulator)["messages"] == []


def test_a_form_of_another_site_cannot_send(simulator: RunningSimulator) -> None:
    body = json.dumps({"our": OURS, "customer": CUSTOMER, "text": "forged"})
    answer = requests.post(
        f"{simulator.base_url}/handset/messages",
        data=body,
        headers={"Content-Type": "text/plain"},
        timeout=5,
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/", "/static/handset.css", "/static/handset.js"])
def test_the_page_is_served_without_anything_inline(path: str, simulator: RunningSimulator) -> None:
    answer = requests.get(simulator.base_url + path, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "innerHTML" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", ["/static/..%2fserver.py", "/static/server.py", "/nothing"])
def test_nothing_else_is_served(path: str, simulator: RunningSimulator) -> None:
    assert requests.get(simulator.base_url + path, timeout=5).status_code == 404
