"""The database refuses to change or remove an audit entry, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION auditlog_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER auditlog_no_change BEFORE UPDATE OR DELETE ON auditlog_auditentry
    FOR EACH ROW EXECUTE FUNCTION auditlog_refuse();
CREATE TRIGGER auditlog_no_truncate BEFORE TRUNCATE ON auditlog_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION auditlog_refuse();
"""
BACKWARD = """
DROP TRIGGER auditlog_no_truncate ON auditlog_auditentry;
DROP TRIGGER auditlog_no_change ON auditlog_auditentry;
DROP FUNCTION auditlog_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("auditlog", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
