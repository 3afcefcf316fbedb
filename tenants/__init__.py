"""Who is who and who owns a number: tenants, people, trunks, the number directory.

Lives in the public schema. Imports nothing of the other packages.
"""
