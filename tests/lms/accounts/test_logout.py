"""Signing out, and everything else that ends logins."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lms.accounts.errors import InvalidCredentials
from lms.accounts.events import LoginsRevoked
from lms.accounts.models import TokenFamily, User
from lms.accounts.services import mfa
from lms.accounts.services.families import end_all_logins, start_login
from lms.accounts.services.login import check_credentials, log_in
from lms.accounts.services.tickets import issue_ticket, redeem_ticket
from lms.accounts.tokens import InvalidToken
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.totp import current_code


def test_the_access_token_is_dead_at_once_and_the_refresh_token_too(tokens, anybody, heard):
    response = Api(token=tokens.access_token).post(
        "auth/logout/", {"refresh_token": tokens.refresh_token}
    )

    assert response.status_code == 204
    assert response.content == b""
    assert Api(token=tokens.access_token).get("users/me/").status_code == 401
    assert anybody.post("auth/refresh/", {"refresh": tokens.refresh_token}).status_code == 401
    assert TokenFamily.objects.get().revoked_reason == "logout"


@pytest.mark.parametrize("_case", ["only the access token", "only the refresh token"])
def test_either_token_is_enough(_case, tokens):
    access = tokens.access_token if "access" in _case else ""
    body = {} if "access" in _case else {"refresh": tokens.refresh_token}

    assert Api(token=access).post("auth/logout", body).status_code == 204
    assert TokenFamily.objects.get().revoked_at is not None


def test_signing_out_twice_is_no_error_and_is_told_once(
    tokens, anybody, heard, django_capture_on_commit_callbacks
):
    facts = heard(LoginsRevoked)
    body = {"refresh_token": tokens.refresh_token}
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (anybody.post("auth/logout/", body).status_code for _ in range(2))

    assert (first, second) == (204, 204)
    assert [fact.reason for fact in facts] == ["logout"]


def test_without_a_token_there_is_nobody_to_sign_out(anybody, alpha):
    response = anybody.post("auth/logout/", {})

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_other_logins_go_on(sam, tokens):
    other = log_in(email=sam.email, password=PASSWORD)

    Api(token=tokens.access_token).post("auth/logout/")

    assert Api(token=other.access_token).get("users/me/").status_code == 200


def test_logging_out_everywhere_ends_every_login(sam, tokens, anybody):
    other = log_in(email=sam.email, password=PASSWORD)

    assert Api(token=tokens.access_token).post("auth/logout-all/").status_code == 204

    for login in (tokens, other):
        assert Api(token=login.access_token).get("users/me/").status_code == 401
        assert anybody.post("auth/refresh/", {"refresh": login.refresh_token}).status_code == 401


def _as_admin(user, changes):
    admin = create_user("ada", role="admin")
    path = f"/api/v1/users/{user.pk}/"
    response = Api(**bearer(admin)).patch(path, changes)
    assert response.status_code == 200, response.content


def _enable_mfa(user, _token):
    secret = mfa.start_mfa(user=user).secret
    user.refresh_from_db()
    mfa.confirm_mfa(user=user, code=current_code(secret), keep=None)


def _disable_mfa(user, token):
    secret = mfa.start_mfa(user=user).secret
    user.refresh_from_db()
    user.mfa_enabled = True
    user.save()
    mfa.disable_mfa(user=user, password=PASSWORD, code=current_code(secret), keep=None)


CHANGES = {
    "logout-all": lambda user, token: Api(token=token).post("auth/logout-all/"),
    "role": lambda user, token: _as_admin(user, {"role": "Instructor"}),
    "deactivated": lambda user, token: _as_admin(user, {"is_active": False}),
    "e-mail": lambda user, token: _as_admin(user, {"email": "new@alpha.school"}),
    "password by an admin": lambda user, token: _as_admin(user, {"password": "a new horse 1"}),
    "mfa on": _enable_mfa,
    "mfa off": _disable_mfa,
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_this_no_old_credential_opens_anything(change, sam, tokens, anybody):
    ticket = issue_ticket(user=sam, family=TokenFamily.objects.get())

    CHANGES[change](sam, tokens.access_token)

    assert Api(token=tokens.access_token).get("users/me/").status_code == 401
    assert anybody.post("auth/refresh/", {"refresh": tokens.refresh_token}).status_code == 401
    with pytest.raises(InvalidToken):
        redeem_ticket(ticket)


def test_a_password_change_ends_the_others_and_this_one_goes_on(sam, tokens, anybody):
    other = log_in(email=sam.email, password=PASSWORD)
    api = Api(token=tokens.access_token)

    response = api.post(
        "users/me/password/", {"current_password": PASSWORD, "new_password": "a new horse 1"}
    )

    assert response.status_code == 204
    assert api.get("users/me/").status_code == 200
    assert anybody.post("auth/refresh/", {"refresh": tokens.refresh_token}).status_code == 200
    assert Api(token=other.access_token).get("users/me/").status_code == 401
    assert anybody.post("auth/refresh/", {"refresh": other.refresh_token}).status_code == 401
    assert log_in(email=sam.email, password="a new horse 1")


@pytest.mark.parametrize("change", ["password", "version", "active"])
def test_a_login_that_was_under_way_does_not_survive_what_ends_all(change, sam):
    """The password was right a moment ago, and then it was reset."""
    checked = check_credentials(email=sam.email, password=PASSWORD)
    if change == "password":
        sam.set_password("a new horse 1")
        sam.save()
    elif change == "version":
        end_all_logins(user=sam, reason="role_changed")
    else:
        User.objects.update(is_active=False)

    with pytest.raises(InvalidCredentials):
        start_login(user=checked)
    assert not TokenFamily.objects.exists()


def test_an_expired_login_opens_nothing(tokens, anybody):
    TokenFamily.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert Api(token=tokens.access_token).get("users/me/").status_code == 401
    assert anybody.post("auth/refresh/", {"refresh": tokens.refresh_token}).status_code == 401
