"""Health, readiness and metrics: what they say, to whom, and what they say when things are away."""

import time

import pytest
from django.test import Client

from lms.core import health, metrics, probes
from tenants.context import in_tenant
from tenants.models import SchemaState

AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _fresh_answers():
    health.current_health.forget()
    yield
    health.current_health.forget()


@pytest.fixture
def database_away(settings, monkeypatch):
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "PORT", "1")


@pytest.mark.parametrize("host", ["localhost", "alpha.test", "10.0.0.7", "nobody.example"])
def test_health_has_doc_002s_keys_whatever_the_host(alpha, host):
    response = Client().get("/health/lms/", headers={"host": host})

    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["service"], body["database"]) == ("healthy", "lms", "connected")
    assert body["version"] == "1.0.0"
    time.strptime(body["timestamp"], "%Y-%m-%dT%H:%M:%SZ")


def test_without_redis_we_serve_and_say_so(alpha, settings):
    settings.REDIS_URL = AWAY

    response = Client().get("/health/lms/")

    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["redis"] == "disconnected"
    assert Client().get("/health/ready/").status_code == 503


def test_without_the_database_health_is_503_quickly_and_the_process_lives(database_away):
    began = time.monotonic()
    response = Client().get("/health/lms")

    assert time.monotonic() - began < 5
    assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
    assert response.json()["database"] == "disconnected"
    assert Client().get("/health/live/").json() == {"status": "live"}
    ready = Client().get("/health/ready/")
    assert (ready.status_code, ready.json()["database"]) == (503, False)


def test_alive_asks_nobody(settings, django_assert_num_queries, alpha):
    settings.REDIS_URL = AWAY

    with django_assert_num_queries(0):
        assert Client().get("/health/live/").status_code == 200


def test_ready_means_every_schema_is_at_the_codes_migrations(schemas, django_db_blocker):
    assert Client().get("/health/ready/").json() == {
        "status": "ready",
        "database": True,
        "redis": True,
        "migrations": True,
    }
    with django_db_blocker.unblock(), in_tenant("public"):
        state = SchemaState.objects.filter(tenant__slug="beta")
        version = state.get().version
        state.update(version="older")
        try:
            health.current_health.forget()
            response = Client().get("/health/ready/")
        finally:
            state.update(version=version)

    assert (response.status_code, response.json()["migrations"]) == (503, False)


def test_many_probes_are_one_check(alpha):
    checks = []
    kept = health._Kept(lambda: checks.append(1) or health.check())

    for _ in range(50):
        assert kept().database

    assert len(checks) == 1


def test_metrics_are_for_this_machine_or_who_has_the_token(alpha, settings):
    client = Client()
    client.get("/api/core/settings/")

    here = client.get("/metrics")
    assert here.status_code == 200
    assert b'stoa_http_requests_total{method="GET",route="api/core/settings/"' in here.content
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"}).status_code == 403

    settings.METRICS_TOKEN = "a-token-of-good-length"
    wrong = {"Authorization": "Bearer nonsense"}
    right = {"Authorization": "Bearer a-token-of-good-length"}
    assert client.get("/metrics", headers=wrong, REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", headers=right, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_other_rooms_add_their_numbers_and_a_broken_one_hides_nothing():
    def good():
        yield metrics.Reading(name="test_sockets", help="Sockets.", value=3)
        yield metrics.Reading(
            name="test_sent_total", help="Sent.", value=7, kind="counter", labels={"kind": "x"}
        )

    def broken():
        raise ZeroDivisionError

    metrics.register(broken)
    metrics.register(good)
    try:
        text = metrics.render().decode()
    finally:
        metrics.unregister(broken)
        metrics.unregister(good)

    assert "test_sockets 3.0" in text
    assert 'test_sent_total{kind="x"} 7.0' in text


def test_odd_methods_and_paths_do_not_grow_the_metrics(alpha):
    for number in range(5):
        Client().generic(f"ODD{number}", f"/nowhere/{number}/")

    text = metrics.render().decode()

    assert 'method="OTHER",route="unmatched"' in text
    assert "nowhere" not in text
    assert "ODD" not in text


def test_the_version_is_the_documents(settings):
    assert settings.SPECTACULAR_SETTINGS["VERSION"] == probes.VERSION
