"""Pages of the system portal about tenants, people, numbers and records."""

from tenants.admin import (
    access,
    audit,
    directory,
    invitations,
    keys,
    members,
    people,
    quick_rows,
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
    "quick_rows",
    "tenant",
    "throughput",
]

quick_rows.install()
