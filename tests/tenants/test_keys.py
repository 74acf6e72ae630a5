"""Names in Redis carry their tenant, and what was named otherwise is refused (TN-08, TN-09)."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from lms.core.throttling import redis_client, require_budget
from tenants.context import TenantMissing, in_tenant
from tenants.keys import global_key, group_name, scoped_key, tenant_key
from tests.factories.accounts import PASSWORD, bearer, create_user

# Ours, Celery's own (under a prefix of ours) and the channel layer's.
ALLOWED = re.compile(r"^(t:[0-9a-f]{32}:|g:|stoa)|^_kombu\.binding\.")


def test_the_same_name_is_another_key_in_another_tenant(alpha, beta):
    here = tenant_key("presence", "x")
    cache.set(here, "alpha's")

    with in_tenant(beta):
        there = tenant_key("presence", "x")
        assert there != here
        assert cache.get(there) is None
    assert cache.get(here) == "alpha's"
    assert group_name(alpha, "user:1") != group_name(beta, "user:1")


@pytest.mark.django_db
def test_without_a_tenant_there_is_no_key():
    with pytest.raises(TenantMissing):
        tenant_key("presence")
    with pytest.raises(TenantMissing):
        tenant_key("presence", schema="public")
    with pytest.raises(TenantMissing):
        group_name("", "user:1")
    assert global_key("beat") == "g:beat"
    assert scoped_key("limit", schema="public") == "g:platform:limit"


def test_a_key_of_ones_own_making_is_refused(alpha):
    for name in ("presence", "views.decorators.cache.cache_page.x", "template.cache.x"):
        with pytest.raises(TenantMissing):
            cache.set(name, 1)
        with pytest.raises(TenantMissing):
            cache.get(name)


def test_limits_of_one_school_are_not_anothers(alpha, beta):
    require_budget("test", "sam", per_second=0.001, burst=1)
    with in_tenant(beta):
        require_budget("test", "sam", per_second=0.001, burst=1)


def test_whatever_we_do_every_key_says_whose_it_is(alpha):
    sam = create_user("sam")
    client = Client(headers={"host": "alpha.test"})
    client.get("/api/users/me/", headers=bearer(sam))
    client.post(
        "/api/auth/login/",
        {"email": sam.email, "password": PASSWORD},
        content_type="application/json",
    )
    client.post("/login/", {"email": sam.email, "password": "wrong"})
    client.get("/")
    cache.set(tenant_key("x"), 1)

    keys = list(redis_client().scan_iter())

    assert len(keys) >= 3
    assert [key for key in keys if not ALLOWED.match(key.removeprefix(":1:"))] == []
