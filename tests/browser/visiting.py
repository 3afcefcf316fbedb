"""Walking through the portal as a person does, from link to link, and judging each page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Error

from tests.browser.product import Running

PASSWORD = "trunkline-demo"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
# WCAG 2.1, levels A and AA.
_ALL = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
# A theme changes colours and nothing else.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
_FOLLOW = """theme => {
  document.documentElement.classList.toggle('dark', theme === 'dark');
  document.body.offsetWidth;  // begins the transitions, which end at once
  for (const animation of document.getAnimations()) {
    try { animation.finish(); } catch { /* one that never ends */ }
  }
}"""
_AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
# Leaving, files, other people's tools, and what a program reads.
_NOT_PAGES = re.compile(
    r"logout|/file/|/media/|/content/|\.csv|\.webmanifest|jsi18n|/api/|download"
)


@dataclass(slots=True)
class Faults:
    """What is wrong, a line each; empty = nothing."""

    lines: list[str] = field(default_factory=list)

    def note(self, path: str, fault: str) -> None:
        self.lines.append(f"{path}: {fault}")


# The cookies of whoever signed in before, by product and e-mail: checking a password takes long
# on purpose.
_COOKIES: dict[tuple[str, str], list[Any]] = {}


def sign_in(page: Any, running: Running, email: str) -> None:
    """Be signed in as one of the demo's people, on the page they begin with."""
    who = (running.portal, email)
    if who in _COOKIES:
        page.context.add_cookies(_COOKIES[who])
        page.goto(running.portal)
        return
    page.goto(f"{running.portal}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    _COOKIES[who] = page.context.cookies()


def watch(page: Any, faults: Faults) -> None:
    """Note what the browser complains of: refused by the content policy, errors, lost files."""

    def complained(message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            faults.note(page.url, f"console: {message.text}")

    page.on("console", complained)
    page.on("pageerror", lambda error: faults.note(page.url, f"script: {error}"))


def walk(
    page: Any, running: Running, start: list[str], *, within: tuple[str, ...]
) -> Iterator[str]:
    """Yield each kind of page that links lead to, opened; one row stands for all of its list."""
    waiting, known = list(start), {_kind(path) for path in start}
    while waiting:
        path = waiting.pop(0)
        try:
            answer = page.goto(running.portal + path)
        except Error as error:
            if "Download is starting" in error.message:
                continue
            raise
        assert answer.status < 400, f"{path}: {answer.status}"
        # Dialogs are parts, fetched into the page.
        links = 'a[href]:not([hx-select="#dialog"])'
        for link in page.eval_on_selector_all(links, "found => found.map(a => a.href)"):
            target = link.removeprefix(running.portal).split("#")[0].split("?")[0]
            if not target.startswith(within) or _NOT_PAGES.search(target):
                continue
            if _kind(target) not in known:
                known.add(_kind(target))
                waiting.append(target)
        yield path


def judge(page: Any, path: str, faults: Faults) -> None:
    """Look at the open page by day: by all rules on a desk, whether it fits on a phone."""
    page.evaluate(_AXE)
    _try_rules(page, path, faults, "light desktop", _ALL)
    _measure(page, path, faults, "light desktop")
    page.set_viewport_size(PHONE)
    _measure(page, path, faults, "light phone")
    page.set_viewport_size(DESKTOP)


def judge_thoroughly(page: Any, path: str, faults: Faults) -> None:
    """Look at the open page by day and by night, on a desk and on a phone."""
    page.evaluate(_AXE)
    for theme, rules in (("light", _ALL), ("dark", _COLOURS)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # The admin's frame looks at the system's choice when it is opened, the inbox at any time.
        page.evaluate(_FOLLOW, theme)
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(size)
            _try_rules(page, path, faults, f"{theme} {name}", rules)
            _measure(page, path, faults, f"{theme} {name}")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(DESKTOP)


def _try_rules(page: Any, path: str, faults: Faults, seen: str, rules: dict[str, Any]) -> None:
    report = page.evaluate("rules => axe.run(document, rules)", rules)
    for violation in report["violations"]:
        where = ", ".join(str(node["target"]) for node in violation["nodes"][:3])
        faults.note(path, f"{seen}: {violation['id']} at {where}")


def _measure(page: Any, path: str, faults: Faults, seen: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        faults.note(path, f"{seen}: {wide} px wider than the screen")


def _kind(path: str) -> str:
    return _KEY.sub("1", path)
