"""The door to carriers: adapters, their registry and the durable webhook inbox.

May import `tenants`. Adapters in sub-packages (`providers.bandwidth`) are plain Python:
no Django, no database, no knowledge of tenants.
"""
