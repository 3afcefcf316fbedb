"""A tenant with a million messages, made by PostgreSQL itself in about a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from config.bench import statements
from messaging.models import Conversation, Extension, Message, MessageSetting
from tenants.context import entered
from tenants.memberships import add_member
from tenants.models import PhoneNumber, Tenant, Trunk, User
from tenants.provisioning import provision

SLUG = "bench"
CONVERSATIONS = 50_000
MESSAGES = 1_000_000
EXTENSIONS = 20
_BULK = ("messaging_message", "messaging_recipient", "messaging_conversation", "messaging_contact")


def bench_tenant(
    say: Callable[[str], None], *, conversations: int = CONVERSATIONS, messages: int = MESSAGES
) -> Tenant:
    """Return the tenant to measure, made if it is missing or smaller."""
    tenant: Tenant = Tenant.objects.get_or_create(slug=SLUG, defaults={"name": "Bench Company"})[0]
    provision(tenant.schema_name)
    tenant.refresh_from_db()
    with entered(tenant.schema_name):
        people = _people(tenant)
        there = Message.objects.count()
        if there >= messages and Conversation.objects.count() >= conversations:
            say(f"{there:,} messages are there already")
            return tenant
        started = time.monotonic()
        _fill(people, conversations=conversations, messages=messages)
        say(f"made {messages:,} messages in {time.monotonic() - started:.0f} s")
        _settle()
    return tenant


def person(role: str) -> User:
    """Return the person of the bench tenant who is `admin` or `user` there."""
    return User.objects.get(email=f"{role}@bench.example")


def _people(tenant: Tenant) -> list[User]:
    for name, role, desk in (("admin", "admin", ""), ("user", "extension", "101")):
        if not tenant.memberships.filter(user__email=f"{name}@bench.example").exists():
            add_member(tenant, f"{name}@bench.example", role=role, extension=desk)
    trunk, _ = Trunk.objects.get_or_create(
        name="Bench", defaults={"provider": "bandwidth", "hostname": "sip.bench.example"}
    )
    for place in range(EXTENSIONS):
        extension, _ = Extension.objects.get_or_create(
            number=str(101 + place), defaults={"name": f"Desk {place + 1}"}
        )
        number, _ = PhoneNumber.objects.get_or_create(
            number=f"+1919555{place + 100:04}", defaults={"trunk": trunk, "tenant": tenant}
        )
        MessageSetting.objects.get_or_create(phone_number=number, defaults={"extension": extension})
    return [person("admin"), person("user")]


def _fill(people: list[User], *, conversations: int, messages: int) -> None:
    admin, user = people
    sizes = {"conversations": conversations, "messages": messages}
    with transaction.atomic(), connection.cursor() as cursor, _without_indexes():
        cursor.execute(statements.EMPTY)
        for statement in statements.FILL:
            cursor.execute(statement, {**sizes, "admin": admin.pk, "user": user.pk})


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop the indexes that are no constraint's; building each once is several times faster."""
    with connection.cursor() as cursor:
        cursor.execute(statements.INDEXES, [list(_BULK)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        # The deferred checks of the foreign keys come first: PostgreSQL builds no index over them.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _, definition in indexes:
            cursor.execute(definition)


def _settle() -> None:
    """Do what autovacuum would have done by the time a tenant is this large."""
    with connection.cursor() as cursor:
        for table in (*_BULK, "messaging_readmark"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
