"""One tenant in one file: its schema, what it has in the public schema, and its files.

PostgreSQL's own programs know the schema only. Wired here, as it needs to know all packages.
"""
