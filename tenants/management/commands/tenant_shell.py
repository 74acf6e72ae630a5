"""`manage.py tenant_shell acme`: a Python shell inside a tenant."""

import code
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.context import in_tenant
from tenants.selectors import find_tenant_by_slug


class Command(BaseCommand):
    help = "Open a Python shell inside a tenant's schema."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant_by_slug(options["slug"])
        if tenant is None:
            raise CommandError(f"there is no tenant {options['slug']}")
        with in_tenant(tenant.schema):
            code.interact(banner=f"inside {tenant.name} ({tenant.schema})", local={}, exitmsg="")
