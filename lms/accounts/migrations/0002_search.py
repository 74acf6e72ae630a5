"""Indexes for `icontains` on names and addresses, which is UPPER(x) LIKE '%…%'."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(
            "CREATE INDEX user_search ON accounts_user USING gin"
            " (UPPER(full_name) gin_trgm_ops, UPPER(email) gin_trgm_ops)",
            "DROP INDEX user_search",
        ),
    ]
