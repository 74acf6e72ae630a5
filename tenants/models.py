"""Tables of the public schema: tenants, their hosts and their e-mail domains."""

import uuid

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin
from uuid_utils.compat import uuid7

SCHEMA_PATTERN = r"^t_[0-9a-f]{32}$"
SLUG_PATTERN = r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$"
HOST_PATTERN = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
# A slug is a host's first label: these are ours, or would be taken for ours.
RESERVED_SLUGS = ("admin", "api", "app", "localhost", "mail", "platform", "public", "static", "www")


def schema_name_of(tenant_id: uuid.UUID) -> str:
    """Schemas are named after the id, never after what a person typed."""
    return f"t_{tenant_id.hex}"


class Tenant(TenantMixin):
    class State(models.TextChoices):
        PROVISIONING = "provisioning"
        READY = "ready"
        FAILED = "failed"
        SUSPENDED = "suspended"
        DELETED = "deleted"

    auto_create_schema = False

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State, default=State.PROVISIONING)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("slug",)
        constraints = [
            models.CheckConstraint(
                name="tenant_schema_name_from_id",
                condition=models.Q(schema_name__regex=SCHEMA_PATTERN),
            ),
            models.CheckConstraint(
                name="tenant_slug_shape", condition=models.Q(slug__regex=SLUG_PATTERN)
            ),
            models.CheckConstraint(
                name="tenant_slug_not_reserved", condition=~models.Q(slug__in=RESERVED_SLUGS)
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Domain(DomainMixin):
    """A host name that belongs to one tenant, lower case, without port."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="domain_is_lower_case",
                condition=models.Q(domain=models.functions.Lower("domain")),
            ),
            models.CheckConstraint(
                name="domain_is_a_host", condition=models.Q(domain__regex=HOST_PATTERN)
            ),
        ]


class EmailDomain(models.Model):
    """People with an address at this domain log in to this tenant on the shared host."""

    domain = models.CharField(max_length=253, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="email_domains")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="email_domain_is_a_host", condition=models.Q(domain__regex=HOST_PATTERN)
            )
        ]

    def __str__(self) -> str:
        return self.domain


class SchemaState(models.Model):
    """How far a tenant's migrations are: what the runner resumes from and reports."""

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="schema_state"
    )
    version = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.version}"
