"""Spreadsheets in and out: what a tenant's admins keep in Excel, read, judged and written.

Imports the flows' rules and the models; the screens import it.
"""
