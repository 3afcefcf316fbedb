"""What the composer judges by itself: files before they go up, and what a text will cost."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from messaging.templatetags.composer import upload_rules

SCRIPTS = Path(__file__).resolve().parents[3] / "static/inbox"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

_RUN = """
require(process.argv[1]);
const [name, calls] = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(calls.map((args) => globalThis[name](...args))));
"""


def run(script: str, name: str, *calls: list[Any]) -> list[Any]:
    done = subprocess.run(  # our own script
        [str(NODE), "-e", _RUN, str(SCRIPTS / script)],
        input=json.dumps([name, calls]),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


File = tuple[str, int, str]


def judged(files: list[File], there: list[File], ours: str) -> tuple[int, str]:
    rules = upload_rules(ours)
    given = {
        "most": rules["most"],
        "each": rules["each"],
        "picture": rules["picture"],
        "shrinks": rules["shrinks"].split(","),
        "least": rules["least"],
        "total": rules["total"] or 0,
        "accept": rules["accept"].split(","),
    }
    named, known = (
        [{"name": name, "size": size, "type": kind} for name, size, kind in each]
        for each in (files, there)
    )
    (answer,) = run("uploads.js", "judgeFiles", [named, known, given])
    return len(answer["taken"]), " ".join(answer["refused"])


LOCAL, TOLL_FREE = "+19195550101", "+18005550100"
PDF, PHOTO = ("b.pdf", 500_000, "application/pdf"), ("b.jpg", 4_000_000, "image/jpeg")


@pytest.mark.parametrize(
    ("file", "there", "ours", "said"),
    [
        (("a.pdf", 3_500_000, "application/pdf"), [], LOCAL, ""),
        (("a.pdf", 3_500_001, "application/pdf"), [], LOCAL, "a carrier takes is 3.5 MB"),
        (("a.gif", 3_500_001, "image/gif"), [], LOCAL, "a carrier takes is 3.5 MB"),
        (("a.png", 20_000_000, "image/png"), [], LOCAL, ""),
        (("a.png", 20_000_001, "image/png"), [], LOCAL, "make smaller is 20 MB"),
        (("a.png", 0, "image/png"), [], LOCAL, "is empty"),
        (("a.exe", 9, "application/x-msdownload"), [], LOCAL, "cannot be sent as MMS"),
        (("a.pdf", 9, "application/pdf"), [], LOCAL, ""),
        (("contact.vcf", 9, "text/vcard"), [], LOCAL, ""),
        (("unknown", 9, ""), [], LOCAL, ""),
        (("a.png", 9, "image/png"), [PDF] * 9, LOCAL, ""),
        (("a.png", 9, "image/png"), [PDF] * 10, LOCAL, "can carry 10 files"),
        (("a.pdf", 25_000, "application/pdf"), [PDF], TOLL_FREE, ""),
        (("a.pdf", 25_001, "application/pdf"), [PDF], TOLL_FREE, "525 KB in all"),
        (("a.pdf", 25_001, "application/pdf"), [PDF], LOCAL, ""),
        (("a.png", 9_000_000, "image/png"), [PHOTO] * 9, TOLL_FREE, ""),
        (("a.png", 9_000_000, "image/png"), [PDF], TOLL_FREE, "525 KB in all"),
    ],
)
def test_files_are_judged_before_they_go_up(
    file: File, there: list[File], ours: str, said: str
) -> None:
    taken, words = judged([file], there, ours)
    assert taken == (0 if said else 1)
    assert said in words
    assert bool(words) is bool(said)


def test_of_many_files_the_first_ten_are_taken() -> None:
    taken, words = judged([(f"{i}.png", 9, "image/png") for i in range(12)], [], LOCAL)
    assert taken == 10
    assert "“10.png”" in words
    assert "“11.png”" in words


@pytest.mark.parametrize(
    ("text", "room", "strangers"),
    [
        ("", 160, []),
        ("a" * 160, 0, []),
        ("a" * 161, 145, []),
        ("€", 158, []),
        ("Hi “you”", 62, ["“", "”"]),
        ("é🦷🦷", 65, ["🦷"]),
        ("🦷" * 36, 61, ["🦷"]),
    ],
    ids=["empty", "full", "second part", "two septets", "quotes", "emoji once", "long emoji"],
)
def test_the_room_left_and_what_made_it_unicode_are_told(
    text: str, room: int, strangers: list[str]
) -> None:
    (answer,) = run("segments.js", "explainSegments", [text])
    assert (answer["room"], answer["strangers"]) == (room, strangers)
