"""Content help: what is advised, what its fixes make of a text, and what is left alone."""

# ruff: noqa: RUF001  # the look-alikes are what it is about

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content.advice import Kind, advise, names
from messaging.content.plain import make_plain
from messaging.content.shorteners import shorteners_in
from messaging.segments import is_gsm7, measure


@dataclass(frozen=True)
class Case:
    label: str
    text: str
    codes: list[str]
    kind: Kind = Kind.REPLY
    is_mms: bool = False


CASES = [
    Case("plain text", "Your crown is ready.", []),
    Case("nothing", "", []),
    Case("blanks in bulk", "  \n", [], kind=Kind.BULK),
    Case("curly quotes", "It’s ready", ["unicode"]),
    Case("curly quotes in a picture's text", "It’s ready", [], is_mms=True),
    Case("one emoji that costs nothing", "Ready 🦷", []),
    Case("an emoji that costs a segment", "🦷" + "a" * 100, ["unicode"]),
    Case("a real letter that costs nothing", "Gracias, está listo", []),
    Case("shortener", "See https://bit.ly/3x", ["shortener"]),
    Case("capitals", "LAST DAYS OF OUR SUMMER SALE", ["all_caps"]),
    Case("a short shout", "OK SEE YOU", []),
    Case("marks", "Come today!!!", ["punctuation"]),
    Case("two marks", "Really?!", []),
    Case("currency", "Win $$$ now", ["punctuation"]),
    Case("four segments", "a" * 460, ["long"]),
    Case("three segments", "a" * 459, []),
    Case("long text of a picture", "a" * 1001, ["long"], is_mms=True),
    Case("first text without name", "Your crown is ready.", ["no_sender_name"], kind=Kind.FIRST),
    Case("first text with name", "Acme: your crown is ready.", [], kind=Kind.FIRST),
    Case("bulk", "Sale", ["no_sender_name", "no_opt_out"], kind=Kind.BULK),
    Case("bulk as it should be", "ACME Dental: sale. Text STOP to end.", [], kind=Kind.BULK),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_advice_of_a_text(case: Case) -> None:
    found = advise(case.text, sender_name="Acme Dental Group", kind=case.kind, is_mms=case.is_mms)
    assert [advice.code.value for advice in found] == case.codes
    assert all(advice.text.endswith(".") for advice in found)
    assert all(bool(advice.fix) == bool(advice.fix_label) for advice in found)


def test_following_every_fix_ends_the_advice_that_has_one() -> None:
    text = "“Sale” – today only!!!"
    for _ in range(10):
        fixes = [a.fix for a in advise(text, sender_name="Acme", kind=Kind.BULK) if a.fix]
        if not fixes:
            break
        text = fixes[0]
    assert text == 'Acme: "Sale" - today only! Reply STOP to opt out.'
    assert advise(text, sender_name="Acme", kind=Kind.BULK) == ()


def test_the_saving_and_the_culprits_are_named() -> None:
    (advice,) = advise("“Hi”\u00a0" + "a" * 80)
    assert "because of “ ” a no-break space:" in advice.text
    assert "2 segments instead of 1." in advice.text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("‘a’ “b” „c‟ «d»", '\'a\' "b" "c" "d"'),
        ("a–b—c‑d−e…", "a-b-c-d-e..."),
        ("a\u00a0b\u202fc\u2009d\te", "a b c d e"),
        ("a\u200bb\ufeffc\u00add\u200de", "abcde"),
        ("`tick´", "'tick'"),
        ("𝗕𝗼𝗹𝗱 ﬁne ｆｕｌｌ", "Bold fine full"),
        ("™ ½ №5 • →", "TM 1/2 No5 - ->"),
        ("e\u0301", "é"),
        ("á ç ő ł Привет 你好 שלום", "á ç ő ł Привет 你好 שלום"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 🇺🇸", "👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 🇺🇸"),
        ("{^}[~]|€ ñ Ω", "{^}[~]|€ ñ Ω"),
    ],
    ids=[
        *("quotes", "dashes", "spaces", "invisible", "ticks", "fancy letters", "signs", "composed"),
        *("letters stay", "joiners of letters stay", "emoji stay", "what is plain stays"),
    ],
)
def test_what_plain_text_becomes(typed: str, plain: str) -> None:
    assert make_plain(typed) == plain


@given(st.text(max_size=200))
def test_plain_is_plain_the_second_time_too(text: str) -> None:
    plain = make_plain(text)
    assert make_plain(plain) == plain


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_text_of_the_plain_alphabet_is_never_touched(text: str) -> None:
    gsm = "".join(c for c in text if is_gsm7(c))
    assert make_plain(gsm) == gsm


@given(st.text(max_size=300), st.sampled_from(Kind), st.booleans())
def test_advice_never_fails_and_never_makes_a_plain_text_dearer(
    text: str,
    kind: Kind,
    is_mms: bool,  # noqa: FBT001
) -> None:
    for advice in advise(text, sender_name="Acme", kind=kind, is_mms=is_mms):
        assert advice.text
        if advice.code == "unicode" and advice.fix:
            assert measure(advice.fix).count <= measure(text).count


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("https://bit.ly/a", ["bit.ly"]),
        ("bit.ly/a BIT.LY/b", ["bit.ly"]),
        ("go to www.tinyurl.com/x.", ["www.tinyurl.com"]),
        ("ann@bit.ly", []),
        ("notbit.ly/x and bit.lyon.fr", []),
        ("https://acme.example/bit.ly", []),
        ("It is.good", []),
    ],
)
def test_shorteners_are_told_from_other_addresses(text: str, domains: list[str]) -> None:
    assert shorteners_in(text) == domains


@pytest.mark.parametrize(
    ("text", "name", "is_named"),
    [
        ("This is Acme.", "Acme Dental Group", True),
        ("acme's sale", "Acme Dental Group", True),
        ("The sale", "The Acme Company", False),
        ("Acme’s sale", "The Acme Company", True),
        ("Acmes", "Acme", True),  # the name is in it
        ("Dental sale", "Acme Dental", False),
        ("A&B here", "A&B Plumbing", True),
    ],
)
def test_a_name_counts_as_people_know_it(
    text: str,
    name: str,
    is_named: bool,  # noqa: FBT001
) -> None:
    assert names(text, name) is is_named
