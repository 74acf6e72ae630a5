"""One line a request, with who and where, and never a secret."""

import io
import json
import logging
from logging.config import dictConfig

import pytest
from django.conf import settings as django_settings
from django.test import Client

from config.logging import logging_config
from tests.factories.accounts import PASSWORD, bearer, create_user

SECRETS = (PASSWORD, "CNRY-query", "CNRY-body", "CNRY-agent", "sam@alpha.school", "Bearer", "eyJ")


@pytest.fixture
def log():
    """What the JSON handler would write."""
    stream = io.StringIO()
    config = logging_config(level="DEBUG", style="json")
    config["handlers"]["stderr"]["stream"] = stream
    before = {name: logging.getLogger(name).level for name in ("faker", "urllib3")}
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    dictConfig(config)
    yield stream
    dictConfig(django_settings.LOGGING)
    root.handlers, root.level = handlers, level
    for name, old in before.items():
        logging.getLogger(name).setLevel(old)


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_access_line_with_tenant_user_and_request_id(alpha, log):
    sam = create_user("sam")

    response = Client().get(
        "/api/core/settings/?secret=CNRY-query",
        headers={**bearer(sam), "host": "alpha.test", "x-request-id": "request-0001"},
    )

    assert response["X-Request-ID"] == "request-0001"
    access = [line for line in lines(log) if line["name"] == "stoa.access"]
    assert len(access) == 1
    assert access[0].pop("ms") > 0
    assert access[0].pop("time")
    assert access[0] == {
        "level": "INFO",
        "name": "stoa.access",
        "event": "request",
        "tenant": alpha,
        "request_id": "request-0001",
        "user_id": str(sam.pk),
        "method": "GET",
        "route": "api/core/settings/",
        "status": 200,
    }


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere/", 404), ("/api/core/settings/", 401), ("/health/live/", 200)]
)
def test_every_answer_has_its_line(alpha, log, path, status):
    Client().get(path, headers={"host": "alpha.test"})

    access = [line for line in lines(log) if line["name"] == "stoa.access"]
    assert [line["status"] for line in access] == [status]


def test_a_forged_request_id_cannot_write_lines_of_its_own(alpha, log):
    odd = 'x", "event": "forged\n{}'

    response = Client().get("/health/live/", headers={"x-request-id": odd})

    assert response["X-Request-ID"] != odd
    assert "forged" not in log.getvalue()


def test_no_secret_reaches_the_log(alpha, log):
    create_user("sam")
    client = Client()
    host = {"host": "alpha.test", "user-agent": "CNRY-agent"}

    login = client.post(
        "/api/auth/login/?x=CNRY-query",
        {"email": "sam@alpha.school", "password": PASSWORD, "note": "CNRY-body"},
        content_type="application/json",
        headers=host,
    )
    assert login.status_code == 200, login.content
    tokens = login.json()
    client.post(
        "/api/auth/refresh/",
        {"refresh": tokens["refresh"]},
        content_type="application/json",
        headers=host,
    )
    client.post(
        "/api/auth/login/",
        {"email": "sam@alpha.school", "password": "CNRY-body wrong"},
        content_type="application/json",
        headers=host,
    )
    client.get("/api/users/me/", headers={**host, "Authorization": f"Bearer {tokens['access']}"})
    client.get("/api/users/me/", headers={**host, "Authorization": "Bearer eyJnonsense.x.y"})
    client.post(
        "/api/auth/forgot-password/",
        {"email": "sam@alpha.school"},
        content_type="application/json",
        headers=host,
    )

    written = log.getvalue()
    assert written.count("stoa.access") == 6
    for secret in (*SECRETS, tokens["access"], tokens["refresh"]):
        assert secret not in written, secret
