"""The OpenAPI document is valid and true, and its pages need nothing from outside."""

import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import Resolver404, resolve
from openapi_spec_validator import validate

from lms.core.api_docs import api_document

PAGES = ("/api/schema/swagger-ui/", "/api/schema/redoc/")


@pytest.fixture(scope="module")
def document():
    return api_document()


def test_it_is_valid_and_made_without_a_warning(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "api.yml"))


def test_an_independent_validator_agrees(document):
    validate(document)


def test_every_mount_it_names_is_one(document):
    mounts = {
        mount
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for mount in operation["x-mounts"]
    }

    assert "/api/lms/groups/groups/" in mounts
    assert "/api/lms/courses/enrollments/my/" in mounts
    for mount in mounts:
        concrete = re.sub(r"\{[^}]+\}", "0198c0de-0000-7000-8000-000000000000", mount)
        try:
            resolve(concrete)
        except Resolver404:
            pytest.fail(f"{mount} is no path")


def test_every_path_is_v1s_and_every_operation_has_one_name(document):
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]

    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert len(names) == len(set(names))


def test_it_is_served_as_yaml_and_json_at_any_host(alpha):
    yaml = Client().get("/api/schema/", headers={"host": "10.0.0.9"})
    as_json = Client().get("/api/schema/?format=json", headers={"host": "alpha.test"})

    assert (yaml.status_code, as_json.status_code) == (200, 200)
    assert yaml.content.startswith(b"openapi: 3")
    assert as_json.json()["info"]["title"] == "Stoa"


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_load_only_from_us(alpha, page):
    answer = Client().get(page, headers={"host": "alpha.test"})

    assert answer.status_code == 200
    html = answer.content.decode()
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert "<style" not in html
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("page", PAGES)
def test_what_the_pages_load_is_there(alpha, page):
    client = Client(headers={"host": "alpha.test"})
    html = client.get(page).content.decode()
    needed = re.findall(r'(?:src|href|spec-url)="(/[^"]+)"', html)

    assert len(needed) >= 3
    for path in needed:
        answer = client.get(path.replace("&amp;", "&"))
        answer.close()
        assert answer.status_code == 200, path
