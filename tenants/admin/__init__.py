"""Pages of the system portal about tenants, people, numbers and records."""

from tenants.admin import access, directory, keys, members, people, tenant

__all__ = ["access", "directory", "keys", "members", "people", "tenant"]
