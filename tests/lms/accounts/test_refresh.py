"""Refresh tokens: one use each, one grace for a lost answer, and an end for whoever replays."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from lms.accounts.errors import RefreshInvalid, RefreshReused
from lms.accounts.events import LoginsRevoked
from lms.accounts.models import RefreshToken, TokenFamily
from lms.accounts.opaque import new_secret, write_opaque
from lms.accounts.services.families import Tokens, keep_refresh
from lms.accounts.services.login import log_in
from lms.accounts.services.mailing import send_waiting
from lms.accounts.services.refresh import find_refresh, refresh_login
from lms.auditlog.models import AuditEntry
from lms.core.ids import uuid7
from lms.core.request_facts import RequestFacts, request_facts_var
from tenants.context import in_tenant
from tests.factories.accounts import PASSWORD, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.races import at_once


@pytest.mark.parametrize("path", ["/api/auth/refresh/", "/api/auth/token/refresh/", "auth/refresh"])
@pytest.mark.parametrize("field", ["refresh", "refresh_token"])
def test_a_refresh_token_gives_new_tokens_under_either_name(path, field, anybody, tokens):
    response = anybody.post(path, {field: tokens.refresh_token})

    body = response.json()
    assert response.status_code == 200
    assert body["refresh"] == body["refresh_token"] != tokens.refresh_token
    assert Api(token=body["access_token"]).get("users/me/").status_code == 200
    assert anybody.post(path, {field: body["refresh"]}).status_code == 200


def test_the_same_device_that_lost_the_answer_gets_the_same_child(tokens):
    first, second = (refresh_login(token=tokens.refresh_token) for _ in range(2))

    assert first.refresh_token == second.refresh_token
    assert RefreshToken.objects.count() == 2


def test_after_the_grace_a_used_token_ends_the_family_and_the_person_is_told(
    sam, tokens, heard, django_capture_on_commit_callbacks
):
    child = refresh_login(token=tokens.refresh_token)
    facts = heard(LoginsRevoked)

    with (
        time_machine.travel(timezone.now() + timedelta(seconds=11), tick=True),
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(RefreshReused),
    ):
        refresh_login(token=tokens.refresh_token)

    family = TokenFamily.objects.get()
    assert family.revoked_reason == "refresh_reused"
    assert [(f.user_id, f.family_id, f.reason) for f in facts] == [
        (str(sam.pk), str(family.pk), "refresh_reused")
    ]
    assert AuditEntry.objects.filter(action="login.refresh_reused", actor_id=sam.pk).exists()
    with time_machine.travel(timezone.now() + timedelta(seconds=12)):
        send_waiting()
    assert [(m.to, m.subject) for m in mail.outbox] == [
        ([sam.email], "A sign-in was ended for your safety")
    ]
    for token in (child.refresh_token, tokens.refresh_token):
        with pytest.raises(RefreshInvalid):
            refresh_login(token=token)
    assert Api(token=child.access_token).get("users/me/").status_code == 401


def test_another_device_has_no_grace(tokens):
    refresh_login(token=tokens.refresh_token)
    thief = request_facts_var.set(RequestFacts(ip="203.0.113.66", user_agent="thief"))

    with pytest.raises(RefreshReused):
        refresh_login(token=tokens.refresh_token)

    request_facts_var.reset(thief)
    assert TokenFamily.objects.get().revoked_at is not None


def test_a_reuse_over_http_is_a_401_that_says_so(anybody, tokens):
    anybody.post("auth/refresh/", {"refresh": tokens.refresh_token})
    thief = Api(**{"user-agent": "thief"})

    response = thief.post("auth/refresh/", {"refresh": tokens.refresh_token})

    assert (response.status_code, response.json()["code"]) == (401, "refresh_reused")
    assert TokenFamily.objects.get().revoked_at is not None


def _bad(tokens, _beta):
    mark, row, secret = tokens.refresh_token.split(".")
    return {
        "another secret": f"{mark}.{row}.{new_secret()}",
        "another row": f"{mark}.{uuid7().hex}.{secret}",
        "not a row": f"{mark}.{'x' * 32}.{secret}",
        "of another school": f"{_beta.removeprefix('t_')}.{row}.{secret}",
        "of the platform": f"platform.{row}.{secret}",
        "an access token": tokens.access_token,
        "a JSON Web Token of nothing": "e30.e30.e30",
        "not ascii": f"{mark}.{row}.\u00e9",
        "empty parts": "..",
        "a word": "word",
    }


CASES = (
    "another secret",
    "another row",
    "not a row",
    "of another school",
    "of the platform",
    "an access token",
    "a JSON Web Token of nothing",
    "not ascii",
    "empty parts",
    "a word",
)


@pytest.mark.parametrize("case", CASES)
def test_anything_else_is_refused_and_ends_nothing(case, anybody, tokens, beta):
    response = anybody.post("auth/refresh/", {"refresh": _bad(tokens, beta)[case]})

    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert TokenFamily.objects.get().revoked_at is None


def test_a_token_of_one_school_is_nothing_at_another(tokens, beta):
    response = Api(host="beta.test").post("auth/refresh/", {"refresh": tokens.refresh_token})

    assert response.status_code == 401
    with in_tenant(beta):
        assert not RefreshToken.objects.exists()


def test_on_the_shared_host_it_finds_its_own_school(tokens):
    response = Api(host="localhost").post(
        "/api/auth/token/refresh/", {"refresh": tokens.refresh_token}
    )

    assert response.status_code == 200


@pytest.mark.parametrize("body", [{}, {"refresh": ""}, {"refresh_token": 7}, [], {"refresh": None}])
def test_a_request_without_a_token_is_a_field_error(body, anybody, alpha):
    response = anybody.post("auth/refresh/", body)

    assert response.status_code in (400, 401)


def test_nothing_plain_is_kept(tokens):
    child = refresh_login(token=tokens.refresh_token)

    kept = str(list(RefreshToken.objects.values()))
    for token in (tokens.refresh_token, child.refresh_token):
        assert token.split(".")[2] not in kept


def _sign_in():
    create_user("sam")
    return log_in(email="sam@alpha.school", password=PASSWORD).refresh_token


def test_eight_at_once_from_one_device_get_one_child(alpha_committed):
    token = _sign_in()

    outcomes = at_once(alpha_committed, [lambda: refresh_login(token=token)] * 8)

    assert all(isinstance(outcome, Tokens) for outcome in outcomes)
    assert len({outcome.refresh_token for outcome in outcomes}) == 1
    assert RefreshToken.objects.count() == 2


def test_eight_at_once_from_eight_devices_have_one_winner_and_end_the_family(alpha_committed):
    token = _sign_in()

    outcomes = at_once(alpha_committed, [lambda: refresh_login(token=token)] * 8, devices=True)

    assert sum(isinstance(outcome, Tokens) for outcome in outcomes) == 1
    assert sum(isinstance(o, RefreshReused | RefreshInvalid) for o in outcomes) == 7
    assert any(isinstance(outcome, RefreshReused) for outcome in outcomes)
    assert TokenFamily.objects.get().revoked_at is not None
    assert RefreshToken.objects.count() == 2
    assert AuditEntry.objects.filter(action="login.refresh_reused").count() == 1


def test_without_the_compare_and_set_all_eight_would_win(alpha_committed):
    """The control: asking first and writing then gives eight live children of one token."""
    token = _sign_in()
    all_asked = threading.Barrier(8, timeout=10)

    def ask_then_write():
        row, _ = find_refresh(token)
        unused = row.used_at is None
        all_asked.wait()
        if not unused:
            return None
        child_id, secret = uuid7(), new_secret()
        keep_refresh(family=row.family, token_id=child_id, secret=secret)
        RefreshToken.objects.filter(pk=row.pk).update(used_at=timezone.now())
        return write_opaque(child_id, secret)

    outcomes = at_once(alpha_committed, [ask_then_write] * 8)

    assert len(set(outcomes) - {None}) == 8
    assert RefreshToken.objects.filter(used_at__isnull=True).count() == 8
