"""Idempotency-Key: one effect and one answer, however often and however fast it is sent."""

import json
import threading

import pytest
from django.db import connection
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from lms.auditlog.models import AuditEntry
from lms.auditlog.services import record
from lms.core.errors import Conflict
from lms.core.idempotency import idempotent
from lms.core.models import IdempotencyKey
from tests.factories.accounts import create_user
from tests.lms.accounts.races import at_once


class CounterView(APIView):
    """Every effect is an audit entry, which nothing can take back."""

    @idempotent
    def post(self, request):
        entry = record(action="counted", actor=request.user)
        if request.data.get("fail"):
            raise Conflict
        return Response({"entry": str(entry.pk), "at": entry.created_at}, status=201)


class UnguardedView(APIView):
    def post(self, request):
        return CounterView.post.__wrapped__(self, request)


def send(user, body=None, *, key="one", view=CounterView, path="/count/"):
    headers = {"Idempotency-Key": key} if key else {}
    request = APIRequestFactory().post(path, body or {}, format="json", headers=headers)
    force_authenticate(request, user)
    response = view.as_view()(request)
    response.render()
    return response


def effects() -> int:
    return AuditEntry.objects.filter(action="counted").count()


@pytest.fixture
def sam(alpha):
    return create_user("sam")


def test_the_same_key_and_body_get_the_stored_answer(sam):
    first, second = send(sam, {"a": 1}), send(sam, {"a": 1})

    assert (first.status_code, second.status_code) == (201, 201)
    assert json.loads(first.content) == json.loads(second.content)
    assert second["Idempotent-Replay"] == "true"
    assert effects() == 1


def test_the_same_key_with_another_body_is_a_conflict(sam):
    send(sam, {"a": 1})
    response = send(sam, {"a": 2})

    assert (response.status_code, response.data["code"]) == (409, "idempotency_mismatch")
    assert effects() == 1


@pytest.mark.parametrize("other", [{"key": "two"}, {"key": ""}, {"path": "/elsewhere/"}])
def test_another_key_none_or_another_path_is_another_request(other, sam):
    send(sam, {"a": 1})
    send(sam, {"a": 1}, **other)

    assert effects() == 2


def test_the_key_of_one_person_is_not_anothers(sam):
    sven = create_user("sven")

    assert send(sam).data["entry"] != send(sven).data["entry"]


def test_a_request_that_failed_can_be_sent_again(sam):
    assert send(sam, {"fail": True}).status_code == 409
    assert not IdempotencyKey.objects.exists()
    assert effects() == 0


def test_a_key_of_any_length_is_not_kept(sam):
    response = send(sam, key="k" * 201)

    assert response.status_code == 400
    assert effects() == 0


def test_without_a_person_the_key_changes_nothing(alpha):
    request = APIRequestFactory().post("/count/", headers={"Idempotency-Key": "one"})
    response = type("Open", (CounterView,), {"permission_classes": ()}).as_view()(request)

    assert response.status_code == 201
    assert not IdempotencyKey.objects.exists()


def test_eight_at_once_have_one_effect_and_one_answer(alpha_committed):
    sam = create_user("sam")

    outcomes = at_once(alpha_committed, [lambda: send(sam, {"a": 1})] * 8)

    assert all(json.loads(o.content) == json.loads(outcomes[0].content) for o in outcomes)
    assert effects() == 1


def test_without_the_key_they_would_have_eight(alpha_committed):
    """The control."""
    sam = create_user("sam")
    at_once(alpha_committed, [lambda: send(sam, {"a": 1}, view=UnguardedView)] * 8)

    assert effects() == 8


def test_without_the_row_inserted_first_two_would_both_do_the_work(alpha_committed):
    """The control for the order: looking for a stored answer first finds none, twice."""
    sam = create_user("sam")
    both_looked = threading.Barrier(2, timeout=10)

    def look_then_work():
        known = IdempotencyKey.objects.filter(user=sam, key="one").exists()
        both_looked.wait()
        if not known:
            record(action="counted", actor=sam)
        connection.close()

    at_once(alpha_committed, [look_then_work] * 2)

    assert effects() == 2
