"""A stamp for each tenant that changes with what routing looks up there.

Migration 0013 of messaging has the tenants' tables write it. Here an opened or closed tenant does:
its schema may be another one by then.
"""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION public.tenants_stamp_routing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_statement text := concat(TG_TABLE_SCHEMA, statement_timestamp());
BEGIN
    IF TG_OP = 'UPDATE' AND OLD *= NEW THEN
        RETURN NULL;
    END IF;
    -- Once for a statement, however many rows it changes.
    IF current_setting('trunkline.stamped', true) = this_statement THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.tenants_routingstamp (tenant_id, stamp)
    SELECT id, gen_random_uuid() FROM public.tenants_tenant WHERE schema_name = TG_TABLE_SCHEMA
    ON CONFLICT (tenant_id) DO UPDATE SET stamp = excluded.stamp;
    PERFORM set_config('trunkline.stamped', this_statement, true);
    RETURN NULL;
END
$$;
CREATE FUNCTION public.tenants_stamp_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.tenants_routingstamp (tenant_id, stamp)
    VALUES (NEW.id, gen_random_uuid())
    ON CONFLICT (tenant_id) DO UPDATE SET stamp = excluded.stamp;
    RETURN NULL;
END
$$;
CREATE TRIGGER tenants_tenant_stamps_routing AFTER UPDATE OF is_active, state ON public.tenants_tenant
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active OR OLD.state <> NEW.state)
    EXECUTE FUNCTION public.tenants_stamp_opened();
INSERT INTO public.tenants_routingstamp (tenant_id, stamp)
SELECT id, gen_random_uuid() FROM public.tenants_tenant;
"""

BACKWARD = """
DROP TRIGGER tenants_tenant_stamps_routing ON public.tenants_tenant;
DROP FUNCTION public.tenants_stamp_opened();
DROP FUNCTION public.tenants_stamp_routing();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0006_webhook_overlap'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoutingStamp',
            fields=[
                ('tenant', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='routing_stamp', serialize=False, to='tenants.tenant')),
                ('stamp', models.UUIDField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
