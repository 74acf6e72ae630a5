"""Names that must never become a schema (TN-07)."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.errors import InvalidSlug
from tenants.models import RESERVED_SLUGS, Tenant, schema_name_of
from tenants.services import NewTenant, create_tenant

ODD = [
    "pg_catalog", "pg-x_", "public", "information_schema", "Alpha", "ALPHA", "a" * 64, "ab", "",
    "аlpha", "ａlpha", 'a"b', "a'b", "nosuch','tb", "a b", "a.b", "a\x00b", "-alpha", "alpha-",
    "1alpha", "alpha\n", "а́lpha", "alpha;drop schema public", *RESERVED_SLUGS,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ODD)
def test_an_odd_name_is_refused_by_the_service(slug):
    with pytest.raises(InvalidSlug):
        create_tenant(NewTenant(slug=slug, name="x", domains=("x.test",)))


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [slug for slug in ODD if "\x00" not in slug and len(slug) <= 40])
def test_and_by_the_database_whoever_asks(slug):
    tenant_id = uuid.uuid4()
    tenant = Tenant(id=tenant_id, slug=slug, name="x", schema_name=schema_name_of(tenant_id))

    with pytest.raises(IntegrityError), transaction.atomic():
        tenant.save()


@pytest.mark.django_db
@pytest.mark.parametrize("schema", ["alpha", "public", "t_" + "G" * 32, "t_1", "t_" + "a" * 33])
def test_a_schema_is_named_after_an_id_and_nothing_else(schema):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenants_tenant"
            " (id, slug, name, schema_name, state, settings, created_at, updated_at)"
            " VALUES (gen_random_uuid(), 'gamma', 'x', %s, 'ready', '{}', now(), now())",
            [schema],
        )
