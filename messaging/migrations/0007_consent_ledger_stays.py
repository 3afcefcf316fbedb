"""Keep the consent ledger: its lines are only ever added.

Lines that are older than the law wants them kept may go; the transaction that removes them says
it first:

    SET LOCAL trunkline.allow_consent_removal = 'on';
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION messaging_consententry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('trunkline.allow_consent_removal', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Consent entries are only ever added.' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER messaging_consententry_stays BEFORE UPDATE OR DELETE ON messaging_consententry
    FOR EACH ROW EXECUTE FUNCTION messaging_consententry_stays();
"""

BACKWARD = """
DROP TRIGGER messaging_consententry_stays ON messaging_consententry;
DROP FUNCTION messaging_consententry_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0006_messaging_in_depth'),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
