"""Take the README's pictures from the running product: `make screenshots`."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser.product import REPOSITORY, Running, chromium, started
from tests.browser.visiting import DESKTOP, PHONE, sign_in

FOLDER = REPOSITORY / "docs" / "screens"
ADMIN, ANN, ROOT = "admin@acme.example", "ann@acme.example", "root@trunkline.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: whose eyes, which page, what is clicked before."""

    name: str
    email: str
    path: str
    dark: bool = False
    phone: bool = False
    click: str = ""
    wait: str = "h1, h2, main"


SHOTS = (
    Shot(name="inbox", email=ANN, path="/t/acme/inbox/", click="#rows a.row", wait="#log .bubble"),
    Shot(
        name="inbox-phone",
        email=ANN,
        path="/t/acme/inbox/",
        dark=True,
        phone=True,
        click="#rows a.row",
        wait="#log .bubble",
    ),
    Shot(name="me-phone", email=ANN, path="/t/acme/inbox/me/", phone=True),
    Shot(name="dashboard", email=ADMIN, path="/t/acme/"),
    Shot(name="sms-mms", email=ADMIN, path="/t/acme/messaging/smsconfiguration/"),
    Shot(name="message-settings", email=ADMIN, path="/t/acme/messaging/messagesetting/"),
    Shot(name="message-log", email=ADMIN, path="/t/acme/messaging/message/", dark=True),
    Shot(name="system", email=ROOT, path="/system/"),
    Shot(name="switched-in", email=ROOT, path="/t/globex/messaging/extension/"),
)


def take(shot: Shot, browser: Any, running: Running) -> None:
    """Photograph one page; colours are cut down to what a README needs."""
    context = browser.new_context(
        viewport=PHONE if shot.phone else DESKTOP,
        color_scheme="dark" if shot.dark else "light",
        device_scale_factor=2 if shot.phone else 1,
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page, running, shot.email)
    page.goto(running.portal + shot.path)
    if shot.click:
        page.locator(shot.click).first.click()
    page.locator(shot.wait).first.wait_for()
    page.wait_for_load_state("networkidle" if "/inbox/" not in shot.path else "load")
    page.wait_for_timeout(600)  # charts draw themselves
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(128).save(FOLDER / f"{shot.name}.png", optimize=True)
    context.close()


def main() -> None:
    """Start the product with its demo and photograph it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder)) as running,
        chromium() as browser,
    ):
        for shot in SHOTS:
            take(shot, browser, running)
            print(f"docs/screens/{shot.name}.png")  # noqa: T201


if __name__ == "__main__":
    main()
