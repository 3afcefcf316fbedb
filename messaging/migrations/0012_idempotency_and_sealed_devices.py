import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion

import tenants.encryption


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0010_accounts_without_foreign_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_hash', models.BinaryField(max_length=32)),
                ('fingerprint', models.BinaryField(max_length=32)),
                ('made', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'key_hash'), name='one_request_per_key')],
            },
        ),
        # To text: no row is written. What is plain is encrypted afterwards, a tenant at a time.
        migrations.AlterField(
            model_name='pushsubscription',
            name='endpoint',
            field=tenants.encryption.SealedLaterField(),
        ),
        migrations.AlterField(
            model_name='pushsubscription',
            name='p256dh',
            field=tenants.encryption.SealedLaterField(),
        ),
        migrations.AlterField(
            model_name='pushsubscription',
            name='auth',
            field=tenants.encryption.SealedLaterField(),
        ),
        # Last, so that backwards it comes first: what an earlier release could not read goes.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM messaging_pushsubscription WHERE endpoint NOT LIKE 'https:%'",
        ),
    ]
