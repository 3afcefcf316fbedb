"""Everything of Acme's, asked for by those it is not for: by any address, method, key and word.

Addresses and methods come from the URL tables, keys from a furnished Acme. What is asked is told to
change things as well; a digest of all tables says whether anything did.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.media.attachments import store_upload
from tenants.models import Membership, Tenant, User
from tests.conftest import ACME_NUMBER
from tests.portal.acmes_own import CANARIES, all_in, browser_of, carla, program_of, samples
from tests.portal.addresses import PUBLIC, TENANT, Address, People, Samples, addresses
from tests.portal.fingerprints import unchanged
from tests.portal.strangers import ask, names_a_row, nobodys, said, text_of
from tests.portal.test_every_address_is_guarded import OPEN_BY_SIGNATURE

__all__ = ["carla", "samples"]

# Fragments that find the canaries, and are none of them.
WORDS = ["crown", "5550300"]
# Whose thread it is not sees none of this in it.
OF_THE_THREAD = ["Is my crown ready", "x-ray.png", "@101 call her"]
# What extension users have in common; all else is by person or by thread.
SHARED_BY_COLLEAGUES = re.compile(
    "api/v1/(contacts|templates|opt-outs|extensions)/|inbox/templates/"
)


def _client_for(address: Address, browser: Client, program: Client) -> Client:
    return program if address.path.startswith("api/") else browser


def _told(address: Address, samples: Samples) -> dict[str, object]:
    """A body that would do something: every list's action, on Acme's own row."""
    keys = samples.of(address.path)
    row = next(iter(keys.values()), "1")
    return {
        "post": "yes",
        "text": "Words of a stranger",
        "name": "Words of a stranger",
        "is_active": "",
        "_selected_action": str(row),
        "action": "delete_selected",
    }


def _ask_everything(
    prefix: str, samples: Samples, client_for: Callable[[Address], Client], which: list[Address]
) -> dict[str, tuple[int, list[str]]]:
    """Ask all addresses all they answer; returns each one's status and what it gave away."""
    found = {}
    for address in which:
        path = prefix + address.filled(samples)
        for method in set(address.methods) - {"get"}:  # test_every_address_is_guarded looks
            answer = ask(client_for(address), method, path, _told(address, samples))
            found[f"{method} {path}"] = (answer.status_code, said(answer, CANARIES))
    return found


def _odd(
    found: dict[str, tuple[int, list[str]]], allowed: set[int], *, but: str = ""
) -> dict[str, tuple[int, list[str]]]:
    """Keep the answers that are not as they should be; people are told their own address."""
    return {
        call: (status, told)
        for call, (status, told) in found.items()
        if status not in allowed or set(told) - {but}
    }


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        pytest.param("a stranger", {302, 307, 401, 403}, id="a stranger"),
        pytest.param("another tenant's admin", {403}, id="another tenant's admin"),
        pytest.param("a key for elsewhere", {401}, id="a system admin's key for elsewhere"),
        pytest.param("a closed membership", {403}, id="whose membership was closed"),
        pytest.param("a closed account", {302, 307, 401, 403}, id="whose account was closed"),
        pytest.param("a suspended tenant's admin", {404}, id="a suspended tenant's admin"),
    ],
)
def test_a_door_that_is_shut_gives_nothing_and_changes_nothing(
    who: str, allowed: set[int], samples: Samples, people: People
) -> None:
    acme = people.tenant
    person = {
        "another tenant's admin": people.other_admin,
        "a key for elsewhere": people.system_admin,
    }
    insider = person.get(who, people.admin)
    globex = Tenant.objects.get(slug="globex")
    browser = browser_of(insider)
    program = program_of(insider, globex if who == "a key for elsewhere" else None)
    which = [a for a in all_in(TENANT) if a.path != OPEN_BY_SIGNATURE]
    if who == "a stranger":
        browser = program = Client()
    elif who == "a closed membership":
        Membership.objects.filter(user=insider).update(is_active=False)
    elif who == "a closed account":
        User.objects.filter(pk=insider.pk).update(is_active=False)
    elif who == "a suspended tenant's admin":
        Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    if who != "a suspended tenant's admin":  # the other tests ask pages by GET and POST
        which = [a for a in which if a.path.startswith("api/")]

    with unchanged("public", acme.schema_name):
        found = _ask_everything(
            "/t/acme/", samples, lambda a: _client_for(a, browser, program), which
        )

    odd = _odd(found, allowed, but=insider.email)
    assert not odd, "\n".join(f"{call}: {answer}" for call, answer in odd.items())
    assert len(found) > 100


@pytest.mark.parametrize("who", ["a stranger", "a tenant's admin", "a key for one tenant"])
def test_the_platform_is_changed_by_none_but_its_admins(
    who: str, samples: Samples, people: People
) -> None:
    browser, program = Client(), Client()
    if who == "a tenant's admin":
        browser, program = browser_of(people.admin), program_of(people.admin)
    elif who == "a key for one tenant":
        program = program_of(people.system_admin, people.tenant)
    which = [a for a in addresses(PUBLIC) if a.path.startswith(("system/", "api/"))]
    if who == "a key for one tenant":
        which = [a for a in which if a.path.startswith("api/")]

    with unchanged("public", people.tenant.schema_name):
        found = _ask_everything("/", samples, lambda a: _client_for(a, browser, program), which)

    odd = _odd(found, {302, 307, 401, 403}, but=people.admin.email)
    assert not odd, "\n".join(f"{call}: {answer}" for call, answer in odd.items())
    assert len(found) > 30


def test_no_page_list_or_search_holds_anothers_rows(samples: Samples, people: People) -> None:
    gina, globex = people.other_admin, Tenant.objects.get(slug="globex")
    browser, program = browser_of(gina), program_of(gina, globex)
    which = [a for a in all_in(TENANT) if "%(" not in a.path]
    told, opened = {}, 0

    with unchanged("public", people.tenant.schema_name):
        for address in which:
            client, path = _client_for(address, browser, program), f"/t/globex/{address.path}"
            looked = client.get(path)
            opened += looked.status_code == 200
            told[path] = said(looked, CANARIES)
            if looked.status_code == 200 and _may_be_searched(looked):
                for word in WORDS:
                    found = client.get(path, {"q": word, "s": word, "extended": "1"})
                    told[f"{path}?q={word}"] = said(found, set(CANARIES) - {word})

    assert not any(told.values()), "\n".join(f"{p}: {w}" for p, w in told.items() if w)
    assert opened > 60
    assert len(told) > 250


def _answer(client: Client, method: str, address: Address, keys: Samples) -> tuple[int, str]:
    path = f"/t/globex/{address.filled(keys)}"
    answer = ask(client, method, path, _told(address, keys))
    return answer.status_code, text_of(answer).replace(path, "")


def _not_there(address: Address) -> tuple[int, ...]:
    """Name what is said of a row that is not there."""
    if address.path.endswith("%(object_id)s/"):
        return (302,)  # Django leads from an old form of the address to the page, row or no row
    if address.path.endswith(("/change/", "/delete/")):
        return 403, 404, 405  # 403: with no row at all, the own ones not either
    return 404, 405


def _may_be_searched(page: Any) -> bool:
    text = text_of(page)
    return 'name="q"' in text or '"results":' in text or "/rows/" in str(page.request["PATH_INFO"])


def test_a_thread_is_nothing_to_a_colleague_who_does_not_handle_it(
    samples: Samples, people: People, carla: User
) -> None:
    browser, program = browser_of(carla), program_of(carla)
    which = [a for a in all_in(TENANT) if a.path.startswith(("inbox/", "api/"))]
    told: dict[str, object] = {}
    looked = tried = 0

    with unchanged("public", people.tenant.schema_name):
        for address in which:
            client, path = (
                _client_for(address, browser, program),
                f"/t/acme/{address.filled(samples)}",
            )
            if "%(" not in address.path:
                for query in ({}, {"q": "crown"}):
                    told[f"{path} {query}"] = said(client.get(path, query), OF_THE_THREAD)
                    looked += 1
            elif not SHARED_BY_COLLEAGUES.match(address.path):
                for method in address.methods:
                    answer = ask(client, method, path, _told(address, samples))
                    told[f"{method} {path}"] = answer.status_code not in (403, 404, 405) or said(
                        answer, OF_THE_THREAD
                    )
                    tried += 1
        body = {"from": ACME_NUMBER, "to": ["+15125550333"], "text": "From a number of others"}
        assert ask(program, "post", "/t/acme/api/v1/messages/", body).status_code == 422
        browser.post("/t/acme/inbox/new/", {**body, "to": body["to"][0]})

    assert not any(told.values()), "\n".join(f"{p}: {w}" for p, w in told.items() if w)
    assert looked > 60
    assert tried > 100


def test_files_are_had_by_their_addresses_alone(samples: Samples, people: People) -> None:
    with tenant_context(people.tenant):
        file = store_upload(people.admin, "x.txt", "text/plain", b"of Acme")
        stored = str(file.file.name)
    assert people.tenant.schema_name in stored
    for person in (people.admin, people.other_admin, people.system_admin):
        for place in ("", "media/", "static/", "static/../", "static/%2e%2e/", "t/acme/media/"):
            answer = browser_of(person).get(f"/{place}{stored}")
            assert answer.status_code in (302, 403, 404)


def test_keys_of_another_tenants_rows_are_those_of_nobodys(
    samples: Samples, people: People
) -> None:
    gina, globex = people.other_admin, Tenant.objects.get(slug="globex")
    browser, program = browser_of(gina), program_of(gina, globex)
    which = [a for a in all_in(TENANT) if names_a_row(a, samples)]
    others, differing = nobodys(samples), {}
    api = {address for address in which if address.path.startswith("api/")}

    with unchanged("public", people.tenant.schema_name, globex.schema_name):
        for address in which:
            client = _client_for(address, browser, program)
            for method in address.methods:
                first = _answer(client, method, address, samples)
                if first[0] not in _not_there(address):
                    differing[f"{method} {address}"] = first[0]
            # A page that says 404 is the same page for all; elsewhere the words count.
            is_told = first[0] != 404 or address in api
            if is_told and first != _answer(client, method, address, others):
                differing[f"{method} {address}"] = "another answer than for nobody's key"

    assert not differing, "\n".join(f"{call}: {answer}" for call, answer in differing.items())
    assert len(which) > 100
