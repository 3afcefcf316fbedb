"""Another SECRET_KEY signs nobody out while the one before is named, and everybody otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing

from messaging import hint_tokens


@pytest.mark.parametrize("is_named", [True, False], ids=["kept", "given up"])
def test_what_the_old_key_signed_goes_on_while_it_is_named(
    is_named: bool,  # noqa: FBT001  # a case
    signed_in: Any,
    alice: Any,
    settings: Any,
) -> None:
    browser, hints = signed_in(alice), hint_tokens.token("t_acme", alice.pk, None)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if is_named else []
    settings.SECRET_KEY = "another key that is long enough for everything it signs"

    assert browser.get("/t/acme/").status_code == (200 if is_named else 302)
    if is_named:
        assert hint_tokens.read_token(hints) == ("t_acme", alice.pk, None)
        settings.SECRET_KEY_FALLBACKS = []
        assert browser.get("/t/acme/").status_code == 200  # it has moved on
    else:
        with pytest.raises(signing.BadSignature):
            hint_tokens.read_token(hints)
