"""One shape for every refusal, whoever raises it."""

import pytest
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, Throttled, ValidationError
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from lms.core import errors
from tenants.errors import TenantSuspended
from tenants.logcontext import request_id_var


def answer_to(exc: Exception):
    class Raising(APIView):
        authentication_classes = permission_classes = throttle_classes = ()

        def get(self, request):
            raise exc

    return Raising.as_view()(APIRequestFactory().get("/"))


@pytest.fixture(autouse=True)
def _request_id():
    token = request_id_var.set("req-12345678")
    yield
    request_id_var.reset(token)


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (errors.BadRequest(), 400, "bad_request"),
        (errors.Unauthenticated(), 401, "not_authenticated"),
        (errors.PaymentRequired(), 402, "payment_required"),
        (errors.PermissionDenied(), 403, "permission_denied"),
        (errors.NotFound(), 404, "not_found"),
        (errors.Conflict(), 409, "conflict"),
        (errors.TooManyRequests(retry_after=1.5), 429, "rate_limited"),
        (errors.Unavailable(), 503, "unavailable"),
        (TenantSuspended(), 403, "tenant_suspended"),
        (Http404(), 404, "not_found"),
        (DjangoPermissionDenied(), 403, "permission_denied"),
        (NotAuthenticated(), 403, "not_authenticated"),
        (MethodNotAllowed("GET"), 405, "method_not_allowed"),
        (Throttled(wait=3), 429, "rate_limited"),
        (RequestDataTooBig(), 413, "too_large"),
        (OperationalError("gone"), 503, "unavailable"),
        (PoolTimeout("busy"), 503, "unavailable"),
    ],
)
def test_every_expected_failure_has_its_status_and_code(exc, status, code, db):
    response = answer_to(exc)

    assert (response.status_code, response.data["code"]) == (status, code)
    assert response.data["status"] == status
    assert response.data["request_id"] == "req-12345678"
    assert response.data["detail"]


def test_field_errors_name_their_fields_twice(db):
    response = answer_to(ValidationError({"status": ["Wrong."], "email": ["Wrong too."]}))

    assert response.status_code == 400
    assert response.data["email"] == ["Wrong too."]
    assert response.data["status"] == 400  # a field of this name is found under `errors`
    assert response.data["errors"]["status"] == ["Wrong."]
    assert response.data["code"] == "invalid"


def test_a_service_can_name_a_field_too(db):
    response = answer_to(errors.InvalidField("email", "No."))

    assert (response.status_code, response.data["email"]) == (400, ["No."])


def test_errors_that_belong_to_no_field_have_their_own_name(db):
    assert answer_to(ValidationError("No.")).data["non_field_errors"] == ["No."]


def test_waiting_is_said_in_body_and_header(db):
    response = answer_to(errors.TooManyRequests(retry_after=1.2))

    assert (response.data["retry_after"], response["Retry-After"]) == (1.2, "2")


def test_what_nobody_expected_stays_an_error_with_its_trace(db):
    with pytest.raises(ZeroDivisionError):
        answer_to(ZeroDivisionError())


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/nowhere/", 404), ("/api/v1/users/me/", 401)]
)
def test_over_http_every_error_carries_the_requests_id(client, alpha, path, status):
    response = client.get(path, headers={"host": "alpha.test", "x-request-id": "client-123"})

    assert (response.status_code, response["X-Request-ID"]) == (status, "client-123")
    assert response.json()["request_id"] == "client-123"
    assert response.json()["status"] == status


def test_an_id_of_ones_own_making_has_to_be_well_formed(client, alpha):
    response = client.get("/api/v1/nowhere/", headers={"host": "alpha.test", "x-request-id": "a b"})

    assert response["X-Request-ID"] != "a b"
    assert len(response["X-Request-ID"]) == 32


@pytest.mark.parametrize("body", ["{", "[" * 10_000, "\ufeff{}", '{"a": NaN}'])
def test_a_body_that_cannot_be_read_is_a_400(client, alpha, body):
    response = client.post(
        "/api/v1/auth/login/", body, content_type="application/json", headers={"host": "alpha.test"}
    )

    assert response.status_code == 400
