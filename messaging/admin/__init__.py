"""A tenant's screens on the unfold admin site. May import all of messaging, providers, tenants."""
