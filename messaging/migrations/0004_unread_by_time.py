"""Fill in when a conversation last heard from outside; one statement, empty on a new tenant."""

from django.db import migrations

_FILL = """
UPDATE messaging_conversation SET last_inbound_at = latest.at
FROM (
    SELECT conversation_id, max(created_at) AS at
    FROM messaging_message WHERE direction = 'in' GROUP BY conversation_id
) AS latest
WHERE latest.conversation_id = messaging_conversation.id
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_portal")]

    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]
