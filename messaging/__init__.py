"""Moves messages: routing in, sending out, receipts, and the pages and API around them.

Lives in each tenant's schema. May import `providers` and `tenants`.
"""
