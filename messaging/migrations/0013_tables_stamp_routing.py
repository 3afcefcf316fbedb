"""Have the tables that routing looks up before it stores a text write the tenant's stamp.

Before each statement: whoever changes several of their rows waits here for another one that does,
and not half way through with some rows in his hands.
"""

from django.db import migrations

# What routing reads of them, where that is not all.
TABLES = {
    "messaging_messagesetting": "UPDATE",
    "messaging_messagesetting_other_extensions": "UPDATE",
    "messaging_smsconfiguration": "UPDATE OF id, endpoint_id",
    "messaging_extension": "UPDATE OF id, number",
    "messaging_inboundrule": "UPDATE OF enabled",
    "messaging_autoreply": "UPDATE OF enabled",
    "messaging_pushsubscription": "UPDATE OF id",
}

FORWARD = "".join(
    f"CREATE TRIGGER {table}_stamps BEFORE INSERT OR DELETE OR TRUNCATE OR {update} ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION public.tenants_stamp_routing();\n"
    for table, update in TABLES.items()
)
BACKWARD = "".join(f"DROP TRIGGER {table}_stamps ON {table};\n" for table in TABLES)


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0012_idempotency_and_sealed_devices'),
        ('tenants', '0007_routing_stamps'),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
