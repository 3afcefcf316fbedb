"""How fast messages leave: by account and number, fair between tenants, replies before bulk.

Nothing fails here: what has to wait keeps its place in the database and asks again.
"""
