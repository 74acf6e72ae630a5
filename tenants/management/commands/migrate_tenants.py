"""`manage.py migrate_tenants`: public, template and every tenant, resumable."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.schemas import migrate_public, migrate_template, migrate_tenants
from tenants.services import drop_unfinished


class Command(BaseCommand):
    help = "Migrate the public schema, the template and all tenants; go on after a failure."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_public()
        migrate_template()
        drop_unfinished()
        failed = []
        for outcome in migrate_tenants():
            if outcome.error:
                failed.append(outcome.slug)
                self.stderr.write(f"{outcome.slug}: failed: {outcome.error}")
            elif outcome.migrated or options["verbosity"] > 1:
                self.stdout.write(
                    f"{outcome.slug}: {'migrated' if outcome.migrated else 'current'}"
                )
        if failed:
            raise CommandError(f"not migrated: {', '.join(failed)}; run again to take them up")
