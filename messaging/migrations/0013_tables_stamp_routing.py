"""Have the tables that routing looks up before it stores a text write the tenant's stamp."""

from django.db import migrations

# What counts beside rows that come and go: of some all, of others what routing reads.
TABLES = {
    "messaging_messagesetting": " OR UPDATE",
    "messaging_messagesetting_other_extensions": " OR UPDATE",
    "messaging_smsconfiguration": " OR UPDATE OF endpoint_id",
    "messaging_extension": " OR UPDATE OF number",
    "messaging_inboundrule": " OR UPDATE OF enabled",
    "messaging_autoreply": " OR UPDATE OF enabled",
    "messaging_pushsubscription": "",
}

FORWARD = "".join(
    f"CREATE TRIGGER {table}_stamps AFTER INSERT OR DELETE{update} ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION public.tenants_stamp_routing();\n"
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
