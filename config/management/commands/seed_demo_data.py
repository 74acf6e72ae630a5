"""`manage.py seed_demo_data`: the schools acme and techu with people who talk to each other."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import people, school
from tenants.context import PUBLIC, in_tenant
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Make the demo schools acme and techu. What exists is left as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clear", action="store_true", help="remove both schools first")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there is any school already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV.environment == "production":
            raise CommandError("demo data has known passwords and is refused in production")
        if options["if_empty"] and _has_tenants():
            return
        password_hash = people.password_hash()
        with in_tenant(PUBLIC):
            people.seed_operator(email=school.OPERATOR, password_hash=password_hash)
        for each in school.SCHOOLS:
            self._seed(each, password_hash, clear=options["clear"])

    def _seed(self, each: school.School, password_hash: str, *, clear: bool) -> None:
        if clear:
            school.remove(each)
        if school.exists(each):
            self.stdout.write(f"{each.slug}: is there already")
            return
        school.make(each, password_hash=password_hash)
        self.stdout.write(f"{each.slug}: made; {people.ACCOUNTS} sign in with {people.PASSWORD}")


def _has_tenants() -> bool:
    with in_tenant(PUBLIC):
        return Tenant.objects.exists()
