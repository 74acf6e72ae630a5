"""`manage.py create_tenant acme`: a new school, ready to be entered."""

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
        parser.add_argument("--admin-email", help="its first administrator")
        parser.add_argument("--admin-name", default="Administrator")
        parser.add_argument("--admin-password", help='without it, "forgot password" sets one')

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        domains = options["domain"] or [f"{slug}.{settings.BASE_DOMAIN}"]
        try:
            tenant = create_tenant(
                NewTenant(
                    slug=slug,
                    name=options["name"] or slug.replace("-", " ").title(),
                    domains=tuple(domain.lower() for domain in domains),
                    email_domains=tuple(domain.lower() for domain in options["email_domain"]),
                    admin=_admin(options),
                )
            )
        except TenantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{tenant.slug}: ready at http://{domains[0]}")


def _admin(options: dict[str, Any]) -> FirstAdmin | None:
    if not options["admin_email"]:
        return None
    return FirstAdmin(
        email=options["admin_email"],
        full_name=options["admin_name"],
        password=options["admin_password"],
    )
