"""Acme's rows as choices, keys and lines of a sheet: in Globex none of them is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.test import RequestFactory
from django_tenants.utils import tenant_context
from rest_framework.exceptions import ValidationError as InvalidInput
from rest_framework.request import Request
from rest_framework.serializers import ModelSerializer, Serializer

from messaging.models import MessageSetting
from tenants.models import Membership, PhoneNumber, Tenant, Trunk, User
from tenants.roles import Role
from tenants.sites import tenant_site
from tests.conftest import ACME_NUMBER
from tests.portal.acmes_own import CANARIES, all_in, browser_of, samples
from tests.portal.addresses import TENANT, People, Samples
from tests.portal.fingerprints import unchanged
from tests.portal.strangers import said

__all__ = ["samples"]


def test_autocompletes_and_choices_are_the_own_tenants(samples: Samples, people: People) -> None:
    globex, browser = Tenant.objects.get(slug="globex"), browser_of(people.other_admin)
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
    for address in (a for a in all_in(TENANT) if a.path.endswith("/add/")):
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
    alice, gina = browser_of(people.admin), browser_of(people.other_admin)
    sheets = [a.path for a in all_in(TENANT) if a.path.endswith("/import/")]
    # Globex's own, of what came in.
    trail = {"public.auditlog_logentry", "public.tenants_routingstamp"}
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
