"""Everything of Acme's, asked for by those it is not for: by any address, method, key and word.

Addresses and methods come from the URL tables, keys from a furnished Acme. What is asked is told to
change things as well; a digest of all tables says whether anything did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.test import Client, RequestFactory
from django_tenants.utils import tenant_context
from rest_framework.exceptions import ValidationError as InvalidInput
from rest_framework.request import Request
from rest_framework.serializers import ModelSerializer, Serializer

from messaging.media.attachments import store_upload
from messaging.models import Extension, InboundRule, MessageSetting, RingGroup, SmsConfiguration
from tenants.models import ApiKey, Membership, PhoneNumber, Tenant, Trunk, User
from tenants.roles import Role
from tenants.sites import tenant_site
from tests.conftest import ACME_NUMBER, member
from tests.portal.addresses import PUBLIC, TENANT, Address, People, Samples, addresses
from tests.portal.fingerprints import unchanged
from tests.portal.strangers import ask, names_a_row, nobodys, said, text_of
from tests.portal.test_every_address_is_guarded import OPEN_BY_SIGNATURE, OPEN_IN_TENANT

# What only Acme has: of each kind of row something that a page about it would say.
CANARIES = [
    "Is my crown ready",
    "Dana Rivers",
    "9195550163",
    "(919) 555-0163",
    "Our front desk",
    "Booking system",
    "new@acme.example",
    "alice@acme.example",
    "bob@acme.example",
    "ann@acme.example",
    "x-ray.png",
    "Opening hours",
    "9900071",
    "Back at 9",
    "X-mas",
    "We are closed.",
    "@101 call her",
    "Line of Acme alone",
]
# Fragments that find them, and are none of them.
WORDS = ["crown", "5550300"]
# Whose thread it is not sees none of this in it.
OF_THE_THREAD = ["Is my crown ready", "x-ray.png", "@101 call her"]
# What extension users have in common; all else is by person or by thread.
SHARED_BY_COLLEAGUES = re.compile(
    "api/v1/(contacts|templates|opt-outs|extensions)/|inbox/templates/"
)


@pytest.fixture(scope="module")
def samples(furnished: Samples, people: People) -> Samples:
    """Acme's rows, a trunk of its own among them; the platform's is everybody's to see."""
    own = Trunk.objects.create(
        name="Line of Acme alone", provider="bandwidth", tenant=people.tenant
    )
    with tenant_context(people.tenant):  # words that are nowhere an example
        RingGroup.objects.update(name="Our front desk")
        InboundRule.objects.update(name="Our front desk")
        SmsConfiguration.objects.update(account_id="9900071")
    PhoneNumber.objects.create(number="+19195550163", trunk=own, tenant=people.tenant)
    return Samples(
        by_model={**furnished.by_model, "tenants/trunk": own.pk},
        by_resource={**furnished.by_resource, "trunks": own.pk},
        by_parameter={**furnished.by_parameter, "user_id": people.extension_user.pk},
    )


@pytest.fixture(scope="module")
def carla(people: People, samples: Samples) -> User:
    """Extension user of Acme at 102, whose the thread is not."""
    with tenant_context(people.tenant):
        Extension.objects.create(number="102", name="Carla")
    return member("carla@acme.example", people.tenant, "extension", "102")


def _browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _program(person: User, tenant: Tenant | None = None) -> Client:
    key, secret = ApiKey.issue(person, tenant=tenant)
    key.touch()  # or its first use would change the row
    return Client(headers={"Authorization": f"Bearer {secret}"})


def _client_for(address: Address, browser: Client, program: Client) -> Client:
    return program if address.path.startswith("api/") else browser


def _all(urlconf: str) -> list[Address]:
    return [a for a in addresses(urlconf) if a.path not in OPEN_IN_TENANT]


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
    browser = _browser(insider)
    program = _program(insider, globex if who == "a key for elsewhere" else None)
    which = [a for a in _all(TENANT) if a.path != OPEN_BY_SIGNATURE]
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
        browser, program = _browser(people.admin), _program(people.admin)
    elif who == "a key for one tenant":
        program = _program(people.system_admin, people.tenant)
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
    browser, program = _browser(gina), _program(gina, globex)
    which = [a for a in _all(TENANT) if "%(" not in a.path]
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


def test_autocompletes_and_choices_are_the_own_tenants(samples: Samples, people: People) -> None:
    globex, browser = Tenant.objects.get(slug="globex"), _browser(people.other_admin)
    told, opened = {}, 0
    for model, screen in tenant_site._registry.items():
        for column in screen.model._meta.get_fields():
            if not column.is_relation or column.auto_created:
                continue
            query = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}"
            path = f"/t/globex/autocomplete/?{query}&field_name={column.name}&term="
            answer = browser.get(path)
            opened += answer.status_code == 200
            told[path] = [answer.status_code not in (200, 403, 404), *said(answer, CANARIES)]
    assert not any(map(any, told.values())), "\n".join(
        f"{p}: {w}" for p, w in told.items() if any(w)
    )
    assert opened > 0

    acmes = {
        model: list(model._default_manager.filter(tenant=people.tenant))
        for model in (Trunk, PhoneNumber, Membership)
    }
    with tenant_context(people.tenant):
        own = [m for m in apps.get_app_config("messaging").get_models() if m not in acmes]
        acmes |= {model: list(model._default_manager.all()[:3]) for model in own}
    taken, tried = [], 0
    for address in (a for a in _all(TENANT) if a.path.endswith("/add/")):
        page = browser.get(f"/t/globex/{address.path}")
        with tenant_context(globex):
            for name, column in _columns_of_forms(page):
                for row in acmes.get(column.queryset.model, ()):
                    tried += 1
                    several = isinstance(column, ModelMultipleChoiceField)
                    with suppress(ValidationError):
                        column.clean([row.pk] if several else row.pk)
                        taken.append(f"{address}: {name} takes {row!r}")
    assert taken == []
    assert tried > 10


def test_no_field_of_the_api_reads_anothers_key(samples: Samples, people: People) -> None:
    globex, gina = Tenant.objects.get(slug="globex"), people.other_admin
    keys = {*samples.by_model.values(), *samples.by_resource.values(), ACME_NUMBER, "101", "600"}
    keys |= {str(key) for key in keys}
    serializers = [
        cls
        for cls in _subclasses(Serializer)
        if cls.__module__.startswith("messaging.api")  # the platform's are for system admins
    ]
    read: dict[str, list[str]] = {}
    for tenant, person in ((people.tenant, people.admin), (globex, gina)):
        with tenant_context(tenant):
            read[tenant.slug] = sorted(
                f"{cls.__name__}.{name} reads {row!r}"
                for cls in serializers
                for name, column in _columns(cls, tenant, person)
                for row in _rows_read(column, keys)
                if getattr(row, "tenant_id", people.tenant.pk) is not None  # the platform's trunk
            )
    assert len(read["acme"]) > 20
    assert read["globex"] == []


def test_a_sheet_of_another_tenants_brings_nothing_of_it_in(
    samples: Samples, people: People
) -> None:
    alice, gina = _browser(people.admin), _browser(people.other_admin)
    sheets = [a.path for a in _all(TENANT) if a.path.endswith("/import/")]
    trail = {"public.auditlog_logentry"}  # Globex's own, of what came in
    problems = {}

    with unchanged("public", people.tenant.schema_name, but=trail):
        for path in sheets:
            export = alice.get(f"/t/acme/{path.replace('import', 'export')}").getvalue()
            mine = alice.post(f"/t/acme/{path}", {"file": SimpleUploadedFile("x.csv", export)})
            waiting = mine.context["waiting"]
            assert gina.post(f"/t/globex/{path}", {"waiting": waiting}).status_code == 200
            page = gina.post(f"/t/globex/{path}", {"file": SimpleUploadedFile("x.csv", export)})
            problems[path] = [str(problem) for problem in page.context["outcome"].problems]
            if page.context["waiting"]:
                gina.post(f"/t/globex/{path}", {"waiting": page.context["waiting"]})

    assert len(sheets) >= 4
    assert problems["messaging/messagesetting/import/"]
    with tenant_context(Tenant.objects.get(slug="globex")):
        assert not MessageSetting.objects.exists()


def _columns_of_forms(page: Any) -> Iterator[tuple[str, ModelChoiceField[Model]]]:
    if page.status_code != 200 or "adminform" not in page.context:
        return
    inlines = page.context["inline_admin_formsets"]
    forms = [page.context["adminform"].form, *(i.formset.empty_form for i in inlines)]
    for form in forms:
        for name, column in form.fields.items():
            if isinstance(column, ModelChoiceField):
                yield name, column


def _subclasses(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _columns(cls: Any, tenant: Tenant, person: User) -> Iterator[tuple[str, Any]]:
    request = Request(RequestFactory().get("/"))
    request.user = person
    view = SimpleNamespace(
        tenant=tenant, person=person, role=Role.ADMIN, request=request, action="create", kwargs={}
    )
    if issubclass(cls, ModelSerializer) and not hasattr(cls, "Meta"):
        return  # what others are made of
    for name, column in cls(context={"view": view, "request": request}).fields.items():
        if not column.read_only:
            yield name, column


def _rows_read(column: Any, keys: set[object]) -> Iterator[Model]:
    for key in keys:
        for told in (key, [key]) if hasattr(column, "child_relation") else (key,):
            try:
                value = column.run_validation(told)
            except (InvalidInput, ValidationError):
                continue
            for each in value if isinstance(value, list | tuple | set | QuerySet) else [value]:
                if isinstance(each, Model):
                    yield each


def test_a_thread_is_nothing_to_a_colleague_who_does_not_handle_it(
    samples: Samples, people: People, carla: User
) -> None:
    browser, program = _browser(carla), _program(carla)
    which = [a for a in _all(TENANT) if a.path.startswith(("inbox/", "api/"))]
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
            answer = _browser(person).get(f"/{place}{stored}")
            assert answer.status_code in (302, 403, 404)


def test_keys_of_another_tenants_rows_are_those_of_nobodys(
    samples: Samples, people: People
) -> None:
    gina, globex = people.other_admin, Tenant.objects.get(slug="globex")
    browser, program = _browser(gina), _program(gina, globex)
    which = [a for a in _all(TENANT) if names_a_row(a, samples)]
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
