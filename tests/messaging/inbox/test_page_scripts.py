"""What the page does by itself agrees with the server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from messaging.inbox.linkify import linkify

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = REPOSITORY / "static/inbox/segments.js"
CASES = json.loads(
    (REPOSITORY / "tests/messaging/payloads/segments.json").read_text(encoding="utf-8")
)

_RUN = """
require(process.argv[1]);
const cases = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(cases.map((text) => measureSegments(text))));
"""


NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_pages_counter_agrees_with_what_is_sent() -> None:
    done = subprocess.run(  # our own script
        [str(NODE), "-e", _RUN, str(SCRIPT)],
        input=json.dumps([case["text"] for case in CASES]),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    wanted = [{key: case[key] for key in ("encoding", "count", "characters")} for case in CASES]
    assert json.loads(done.stdout) == wanted


@pytest.mark.parametrize(
    "template", sorted((REPOSITORY / "templates/inbox").glob("*.html")), ids=lambda path: path.name
)
def test_templates_hold_no_inline_script_or_style(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert "<style" not in text
    assert "style=" not in text
    assert "hx-on" not in text
    assert "<script>" not in text
    assert "|safe" not in text


LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("no address", "no address"),
        ("https://a.example", LINK.format("https://a.example")),
        ("see http://a.example/x.", f"see {LINK.format('http://a.example/x')}."),
        ("(https://a.example/b)", f"({LINK.format('https://a.example/b')})"),
        ("https://a.example/b_(c)", LINK.format("https://a.example/b_(c)")),
        ("https://a.example/?a=1&b=2", LINK.format("https://a.example/?a=1&amp;b=2")),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,x", "data:text/html,x"),
        ("<b>https://a.example</b>", f"&lt;b&gt;{LINK.format('https://a.example')}&lt;/b&gt;"),
        ('https://a.example/"x', f"{LINK.format('https://a.example/')}&quot;x"),
        ("https://", "https://"),
        ("https://.", "https://."),
    ],
)
def test_addresses_become_links_and_nothing_else_does(text: str, html: str) -> None:
    assert linkify(text) == html
