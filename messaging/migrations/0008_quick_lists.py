import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The indexes of keys that another index of the table begins with, and of the account, which no page
# asks for: each cost a write for every message. Dropped by name, as AlterField would check each
# foreign key of a million rows again.
INDEXES = [
    ("messaging_broadcastrecipient_broadcast_id_79df5397", "messaging_broadcastrecipient", "broadcast_id"),
    ("messaging_conversation_extension_id_22d7ce3d", "messaging_conversation", "extension_id"),
    ("messaging_handlingevent_conversation_id_067dbbc0", "messaging_handlingevent", "conversation_id"),
    ("messaging_maildelivery_message_id_b064a8f6", "messaging_maildelivery", "message_id"),
    ("messaging_message_configuration_id_755a642b", "messaging_message", "configuration_id"),
    ("messaging_message_conversation_id_3db4d3d1", "messaging_message", "conversation_id"),
    ("messaging_note_conversation_id_4970c7c0", "messaging_note", "conversation_id"),
    ("messaging_readmark_conversation_id_671522f0", "messaging_readmark", "conversation_id"),
    ("messaging_recipient_message_id_5e7aff5e", "messaging_recipient", "message_id"),
]
DROP = "".join(f"DROP INDEX IF EXISTS {name};" for name, _, _ in INDEXES)
CREATE = "".join(f"CREATE INDEX {name} ON {table} ({column});" for name, table, column in INDEXES)


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0007_consent_ledger_stays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='message',
            name='message_failed',
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='broadcastrecipient',
                    name='broadcast',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='messaging.broadcast'),
                ),
                migrations.AlterField(
                    model_name='conversation',
                    name='extension',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='conversations', to='messaging.extension'),
                ),
                migrations.AlterField(
                    model_name='handlingevent',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='handling_events', to='messaging.conversation'),
                ),
                migrations.AlterField(
                    model_name='maildelivery',
                    name='message',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mail_deliveries', to='messaging.message'),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='configuration',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='messaging.smsconfiguration'),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='messaging.conversation'),
                ),
                migrations.AlterField(
                    model_name='note',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='messaging.conversation'),
                ),
                migrations.AlterField(
                    model_name='readmark',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='read_marks', to='messaging.conversation'),
                ),
                migrations.AlterField(
                    model_name='recipient',
                    name='message',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='messaging.message'),
                ),
            ],
            database_operations=[migrations.RunSQL(DROP, CREATE)],
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['name'], name='contact_by_name'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('status__in', ['failed', 'unconfirmed', 'canceled'])), fields=['status', '-created_at', '-id'], name='message_troubled'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('failure_reason', ''), _negated=True), fields=['failure_reason', '-created_at', '-id'], name='message_of_reason'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('error_code', ''), _negated=True), fields=['error_code', '-created_at', '-id'], name='message_of_code'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('kind', 'mms')), fields=['-created_at', '-id'], name='message_with_files'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('origin', 'person'), _negated=True), fields=['origin', '-created_at', '-id'], name='message_by_itself'),
        ),
    ]
