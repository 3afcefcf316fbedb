"""`messages/check/`: segments, advice and refusals, with nothing stored."""

# ruff: noqa: RUF001  # typed as phones do

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Attachment, Conversation, Message, OptOut, SendingPolicy
from tenants.models import PhoneNumber, Tenant

URL = "/t/acme/api/v1/messages/check/"
CUSTOMER, FRIEND = "+15125550300", "+15125550301"
OTHERS = [f"+1512555{n:04d}" for n in range(320, 331)]


@pytest.fixture
def check(api, bob, acme_line) -> Any:
    client = api(bob)

    def ask(**body: Any) -> dict[str, Any]:
        answer = client.post(URL, {"to": [CUSTOMER], **body}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        told: dict[str, Any] = answer.json()
        return told

    return ask


@pytest.fixture(autouse=True)
def _nothing_is_stored(acme: Tenant, inside) -> Any:
    yield
    with inside(acme):
        assert not Message.objects.exclude(text="known").exists()


def codes(told: dict[str, Any]) -> list[str]:
    return [advice["code"] for advice in told["advice"]]


def test_a_plain_text_costs_one_segment(check) -> None:
    told = check(text="Acme: your crown is ready.")
    assert told == {
        "kind": "sms",
        "encoding": "GSM-7",
        "characters": 26,
        "segments": 1,
        "advice": [],
        "would_refuse": None,
        "warnings": [],
        "held_until": None,
    }


def test_what_could_be_better_comes_with_the_mended_text(check) -> None:
    told = check(text="Acme: it’s ready!!!")
    assert (told["encoding"], told["segments"]) == ("UCS-2", 1)
    assert codes(told) == ["unicode", "punctuation"]
    assert told["advice"][0]["fix"] == "Acme: it's ready!!!"


@pytest.mark.parametrize(
    ("text", "policy", "advice"),
    [
        ("Your crown is ready.", "", ["no_sender_name"]),
        ("Acme: your crown is ready.", "", []),
        ("Acme: your crown is ready.", "Bright Smiles", ["no_sender_name"]),
        ("Bright Smiles: your crown is ready.", "Bright Smiles", []),
    ],
    ids=["unnamed", "tenant's name", "not the name people know", "the name people know"],
)
def test_a_first_text_says_who_writes(
    check, acme, inside, text: str, policy: str, advice: list[str]
) -> None:
    if policy:
        with inside(acme):
            SendingPolicy.objects.create(pk=1, sender_name=policy)
    assert codes(check(text=text)) == advice


@pytest.mark.parametrize(("status", "advice"), [("delivered", []), ("failed", ["no_sender_name"])])
def test_who_had_a_text_from_us_knows(
    check, acme, inside, make_message, status: str, advice: list[str]
) -> None:
    known = make_message(acme, "known", direction="out", status=status)
    with inside(acme):
        Conversation.objects.filter(pk=known.conversation_id).update(participants_key=CUSTOMER)
    assert codes(check(text="Your crown is ready.")) == advice


def test_many_separate_texts_are_bulk(check) -> None:
    told = check(text="Sale", to=OTHERS, send_individually=True)
    assert codes(told) == ["no_sender_name", "no_opt_out"]
    assert told["would_refuse"] is None
    assert told["kind"] == "sms"


def test_a_group_is_one_mms(check) -> None:
    told = check(text="Acme: ’" * 40, to=[CUSTOMER, FRIEND])
    assert (told["kind"], told["segments"], told["advice"]) == ("mms", 1, [])


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("nobody", {"to": [], "text": "Acme"}, "no_recipients"),
    ("no number", {"to": ["x"], "text": "Acme"}, "invalid_recipient"),
    ("empty", {"text": " "}, "empty"),
    ("too long", {"text": "a" * 2049}, "too_long"),
    ("eleven", {"text": "Acme", "to": OTHERS}, "too_many_recipients"),
    ("short code in a group", {"text": "Acme", "to": [CUSTOMER, "72345"]}, "no_group"),
    ("another's number", {"text": "Acme", "from": "+13125550201"}, "invalid_sender"),
    ("past", {"text": "Acme", "scheduled_at": "2020-01-01T08:00:00Z"}, "invalid_time"),
    ("far", {"text": "Acme", "scheduled_at": "9999-01-01T08:00:00Z"}, "invalid_time"),
    ("no time left", {"text": "Acme", "expires_at": "2020-01-01T08:00:00Z"}, "invalid_time"),
    ("no file", {"media": ["93de2206-9669-4e07-948d-329f4b722ee2"]}, "invalid_media"),
    ("opted out", {"text": "Acme", "to": [FRIEND]}, "opted_out"),
    (
        "one of several",
        {"text": "Acme", "to": [CUSTOMER, FRIEND], "send_individually": True},
        "opted_out",
    ),
]


@pytest.mark.parametrize(
    ("body", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_sending_would_refuse_is_told_before(
    check, acme, inside, body: dict[str, Any], code: str
) -> None:
    with inside(acme):
        if code == "opted_out":
            OptOut.objects.create(our_number="+19195550101", number=FRIEND)
    refusal = check(**body)["would_refuse"]
    assert refusal["code"] == code
    assert refusal["detail"].endswith(".")


@pytest.mark.parametrize(
    ("number", "words"), [("+18005550100", "Toll-free"), ("72345", "Short codes")]
)
def test_numbers_that_take_no_groups_say_so(
    check, acme_number: PhoneNumber, number: str, words: str
) -> None:
    kind = "short_code" if len(number) == 5 else "toll_free"
    PhoneNumber.objects.filter(pk=acme_number.pk).update(number=number, kind=kind)
    told = check(text="Acme", to=[CUSTOMER, FRIEND])
    assert told["would_refuse"]["code"] == "no_group"
    assert words in told["would_refuse"]["detail"]


def test_a_file_of_somebody_else_is_not_known(check, acme, inside, alice) -> None:
    with inside(acme):
        file = Attachment.objects.create(state="ready", uploaded_by=alice)
    assert check(media=[str(file.pk)])["would_refuse"]["code"] == "invalid_media"


@pytest.mark.parametrize("person", ["bob", "alice"])
@pytest.mark.parametrize(
    ("registration", "policy", "refused", "warned"),
    [
        ("registered", "refuse", False, False),
        ("pending", "allow", False, False),
        ("pending", "warn", False, True),
        ("pending", "refuse", True, False),
        ("rejected", "warn", True, False),
    ],
)
def test_the_number_s_registration_is_judged_as_for_sending(
    request, api, acme, inside, acme_line, person, registration, policy, refused, warned
) -> None:
    PhoneNumber.objects.filter(number="+19195550101").update(
        registration=registration, registration_note="Code 4476: the carrier's own words"
    )
    with inside(acme):
        SendingPolicy.objects.create(pk=1, unregistered=policy)
    body = {"from": "+19195550101", "to": [CUSTOMER], "text": "Acme"}
    client = api(request.getfixturevalue(person))
    told = client.post(URL, body, content_type="application/json").json()
    assert (told["would_refuse"] or {}).get("code") == ("unregistered" if refused else None)
    assert [each["code"] for each in told["warnings"]] == ["unregistered"] * warned
    if warned:  # the carrier's words are for who can mend it
        assert ("Code 4476" in told["warnings"][0]["detail"]) == (person == "alice")


@pytest.mark.parametrize(
    ("body", "until"),
    [
        ({"scheduled_at": "2026-12-01T03:00:00Z"}, "2026-12-01T14:00:00Z"),
        ({"scheduled_at": "2026-12-01T18:00:00Z"}, None),
        ({"scheduled_at": "2026-12-01T03:00:00Z", "ignore_quiet_hours": True}, None),
        (
            {
                "scheduled_at": "2026-12-01T06:00:00Z",
                "to": [CUSTOMER, "+12135550300"],
                "send_individually": True,
            },
            "2026-12-01T16:00:00Z",
        ),
    ],
    ids=["night in Texas", "noon", "on purpose", "the last of several"],
)
def test_quiet_hours_tell_until_when_it_waits(
    check, acme, inside, monkeypatch, body: dict[str, Any], until: str | None
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
    with inside(acme):
        SendingPolicy.objects.create(
            pk=1, quiet_hours=True, quiet_from="21:00", quiet_until="08:00"
        )
    told = check(text="Acme: hello", **body)
    assert (told["would_refuse"], told["held_until"]) == (None, until)


@pytest.mark.parametrize(
    "body", [{"text": []}, {"to": "x" * 41}, {"media": ["x"]}, {"text": "a" * 10_001}, {"x": 1}]
)
def test_wrong_input_is_a_field_error(api, bob, acme_line, body: dict[str, Any]) -> None:
    answer = api(bob).post(URL, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()


def test_it_is_for_the_tenants_people(api, gina, bob, globex, client) -> None:
    assert client.post(URL).status_code == 401
    assert api(gina).post(URL, {}, content_type="application/json").status_code == 403
    assert api(bob).get(URL).status_code == 405
