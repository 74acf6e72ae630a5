"""`manage.py create_tenant acme`: a new school, ready to be entered."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.errors import TenantError
from tenants.services import FirstAdmin, NewTenant, create_tenant


class Command(BaseCommand):
    help = "Create a tenant with its own schema."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="3 to 40 lower-case letters, digits and hyphens")
        parser.add_argument("--name", help="how people call it; the slug without this")
        parser.add_argument("--domain", action="append", help="a host name of its own, repeatable")
        parser.add_argument("--email-domain", action="append", default=[])
        parser.add_argument(
            "--admin-email", help="its first administrator; admin@ its host if left out"
        )
        parser.add_argument("--admin-name", default="Administrator")
        parser.add_argument("--admin-password", help="one is made up and shown if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        domains = options["domain"] or [f"{slug}.{settings.BASE_DOMAIN}"]
        admin = FirstAdmin(
            email=options["admin_email"] or f"admin@{domains[0]}",
            full_name=options["admin_name"],
            password=options["admin_password"] or secrets.token_urlsafe(12),
        )
        try:
            tenant = create_tenant(
                NewTenant(
                    slug=slug,
                    name=options["name"] or slug.replace("-", " ").title(),
                    domains=tuple(domain.lower() for domain in domains),
                    email_domains=tuple(domain.lower() for domain in options["email_domain"]),
                    admin=admin,
                )
            )
        except TenantError as error:
            raise CommandError(str(error)) from error
        port = f":{settings.LINK_PORT}" if settings.LINK_PORT else ""
        self.stdout.write(f"{tenant.slug}: ready at {settings.LINK_SCHEME}://{domains[0]}{port}/")
        self.stdout.write(f"administrator: {admin.email}")
        if not options["admin_password"]:
            self.stdout.write(f"password: {admin.password}")
