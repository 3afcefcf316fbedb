"""Pages of the system portal about tenants, people, numbers and records."""

from tenants.admin import (
    access,
    audit,
    directory,
    invitations,
    keys,
    members,
    people,
    tenant,
    throughput,
)

__all__ = [
    "access",
    "audit",
    "directory",
    "invitations",
    "keys",
    "members",
    "people",
    "tenant",
    "throughput",
]
