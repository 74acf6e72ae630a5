"""Addresses in mails: always the school's own host, whatever host the request came to."""

from urllib.parse import urlencode

from django.conf import settings

from tenants.context import PUBLIC, current_schema, in_tenant
from tenants.models import Domain


def page_url(path: str, **query: str) -> str:
    port = f":{settings.LINK_PORT}" if settings.LINK_PORT else ""
    words = f"?{urlencode(query)}" if query else ""
    return f"{settings.LINK_SCHEME}://{own_host()}{port}{path}{words}"


def own_host() -> str:
    schema = current_schema()
    if schema == PUBLIC:
        return str(settings.PLATFORM_HOST)
    with in_tenant(PUBLIC):
        hosts = Domain.objects.filter(tenant__schema_name=schema).order_by("-is_primary", "domain")
        return hosts.values_list("domain", flat=True)[0]
