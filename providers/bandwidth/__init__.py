"""Bandwidth Messaging v2: plain Python on `requests`, no Django.

Bandwidth's vocabulary stops here: what leaves this package are the values of `providers.types`
and the exceptions of `providers.errors`.
"""
