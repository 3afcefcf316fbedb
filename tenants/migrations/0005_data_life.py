import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0004_registration_and_throughput'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='keep_audit_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(30), django.core.validators.MaxValueValidator(3650)], verbose_name='keep the audit trail'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='keep_events_days',
            field=models.PositiveSmallIntegerField(default=90, validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(3650)], verbose_name='keep webhook events'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='keep_media_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(3650)], verbose_name='keep files'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='keep_messages_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(3650)], verbose_name='keep messages'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='retention_from',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='accessentry',
            name='tenant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_entries', to='tenants.tenant'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='state',
            field=models.CharField(choices=[('provisioning', 'Provisioning'), ('ready', 'Ready'), ('failed', 'Set-up failed'), ('removing', 'Being removed')], default='provisioning', max_length=12),
        ),
    ]
