"""Measuring the pages at a size few tenants ever reach: a million messages."""
