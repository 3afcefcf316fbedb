"""Sessions are listed by the browser's name."""

from __future__ import annotations

import pytest

from tenants.templatetags.browsers import browser_name

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari/537.36"
)
_EDGE = f"{_CHROME} Edg/140"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (_CHROME, "Chrome on Windows"),
        (_EDGE, "Edge on Windows"),
        (_IPHONE, "Safari on iPhone"),
        ("curl/8.0", "curl/8.0"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(sent: str, shown: str) -> None:
    assert browser_name(sent) == shown
