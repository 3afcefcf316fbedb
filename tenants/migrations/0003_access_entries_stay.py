"""Keep the trail of switched-in system admins: its rows are only ever added.

A tenant's rows may go with the tenant, when that is removed on purpose; the transaction that
does so says it first:

    SET LOCAL trunkline.allow_access_removal = 'on';
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION tenants_accessentry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('trunkline.allow_access_removal', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Access entries are only ever added.' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER tenants_accessentry_stays BEFORE UPDATE OR DELETE ON tenants_accessentry
    FOR EACH ROW EXECUTE FUNCTION tenants_accessentry_stays();
"""

BACKWARD = """
DROP TRIGGER tenants_accessentry_stays ON tenants_accessentry;
DROP FUNCTION tenants_accessentry_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0002_portal'),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
