"""One school of the demo from nothing, and away again."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from config.demo import people, talk, teaching
from tenants.context import PUBLIC, in_tenant
from tenants.models import Tenant
from tenants.schemas import drop_schema
from tenants.selectors import forget
from tenants.services import NewTenant, create_tenant


@dataclass(frozen=True, slots=True)
class School:
    slug: str
    name: str
    admin_name: str

    @property
    def email_domain(self) -> str:
        return f"{self.slug}.local"


SCHOOLS = (
    School("acme", "Acme Learning", "Amelia Grant"),
    School("techu", "TechU Academy", "Theodore Lind"),
)
OPERATOR = f"admin@{settings.PLATFORM_EMAIL_DOMAIN}"


def exists(school: School) -> bool:
    with in_tenant(PUBLIC):
        return Tenant.objects.filter(slug=school.slug).exists()


def make(school: School, *, password_hash: str) -> None:
    """The tenant and everything in it, or nothing. Raises TenantError when it exists."""
    tenant = create_tenant(
        NewTenant(
            slug=school.slug,
            name=school.name,
            domains=(f"{school.slug}.{settings.BASE_DOMAIN}",),
            email_domains=(school.email_domain,),
        )
    )
    try:
        _fill(school, tenant.schema_name, password_hash)
    except BaseException:
        # Half a school would pass for a whole one the next time.
        remove(school)
        raise


def _fill(school: School, schema: str, password_hash: str) -> None:
    with in_tenant(schema), transaction.atomic():
        by_place = people.seed_people(
            domain=school.email_domain,
            admin_name=school.admin_name,
            password_hash=password_hash,
        )
        talk.seed_talk(by_place)
        teaching.seed_courses(by_place)


def remove(school: School) -> None:
    """The tenant with all its data. Nothing happens if there is none."""
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = Tenant.objects.filter(slug=school.slug).first()
        if tenant is not None:
            drop_schema(tenant.schema_name)
            tenant.delete(force_drop=False)
    forget()
