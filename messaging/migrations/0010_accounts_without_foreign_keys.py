import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The trails of other packages, whose models are not ours to change. Each foreign key to an account
# was one more that PostgreSQL looks at, in every tenant, when an account changes or goes; with a
# thousand tenants that took seconds. Named with the schema: without, a table that were missing
# here would be looked for in the public one.
TRAILS = [
    ("auditlog_logentry", "auditlog_logentry_actor_id_959271d2_fk_tenants_user_id", "actor_id"),
    ("django_admin_log", "django_admin_log_user_id_c564eba6_fk_tenants_user_id", "user_id"),
]
DO = "DO $$ BEGIN {} END $$"
DROP = "".join(
    f"EXECUTE format('ALTER TABLE %I.{table} DROP CONSTRAINT IF EXISTS {name}', current_schema());"
    for table, name, _ in TRAILS
)
ADD = "".join(
    f"EXECUTE format('ALTER TABLE %I.{table} ADD CONSTRAINT {name} FOREIGN KEY ({column})"
    " REFERENCES public.tenants_user (id) DEFERRABLE INITIALLY DEFERRED', current_schema());"
    for table, name, column in TRAILS
)


class Migration(migrations.Migration):

    dependencies = [
        ('admin', '0001_initial'),
        ('auditlog', '0017_add_actor_email'),
        ('messaging', '0009_data_life'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='attachment',
            name='uploaded_by',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='broadcast',
            name='author',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='consententry',
            name='by',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='export',
            name='user',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='handlingevent',
            name='by',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='message',
            name='author',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='note',
            name='author',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='notificationchoice',
            name='user',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='pushsubscription',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='readmark',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='template',
            name='owner',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL(DO.format(DROP), DO.format(ADD)),
    ]
