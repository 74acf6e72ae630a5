"""The page's sessions: fixation, CSRF, and an end that is an end."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client

from lms.accounts.middleware import user_of_session
from lms.accounts.models import TokenFamily
from lms.accounts.services.families import end_all_logins
from lms.accounts.services.tickets import issue_ticket, redeem_ticket
from lms.accounts.services.web_login import end_web_session, start_web_session
from lms.accounts.tokens import InvalidToken
from tests.factories.accounts import create_user
from tests.lms.accounts.api import Api

HOST = {"host": "alpha.test"}


def browser(session: SessionStore | None = None) -> HttpRequest:
    """A request with a session, as the middleware would have made it."""
    request = HttpRequest()
    request.session = session or SessionStore()
    request.session["planted"] = "by somebody"
    request.session.save()
    return request


def cookie_client(request: HttpRequest, **options) -> Client:
    client = Client(**options)
    client.cookies["stoa_session"] = request.session.session_key
    return client


@pytest.fixture
def page(sam) -> HttpRequest:
    request = browser()
    start_web_session(request, sam)
    request.session.save()
    return request


def test_signing_in_changes_the_key_and_the_old_one_is_dead(sam):
    request = browser()
    planted = request.session.session_key

    start_web_session(request, sam)
    request.session.save()

    assert request.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()
    assert "planted" not in request.session
    assert user_of_session(request) == sam


def test_signing_in_again_changes_it_again_and_ends_the_login_before(page, sam):
    """Also the way from the password to the second factor goes through a new key."""
    first = page.session.session_key

    start_web_session(page, sam)
    page.session.save()

    assert page.session.session_key != first
    assert not Session.objects.filter(session_key=first).exists()
    assert TokenFamily.objects.filter(revoked_at__isnull=True).count() == 1


def test_the_cookie_opens_the_api_for_reading(page, sam):
    response = cookie_client(page).get("/api/v1/users/me/", headers=HOST)

    assert response.json()["id"] == str(sam.pk)


def test_the_session_of_one_school_opens_nothing_at_another(page):
    response = cookie_client(page).get("/api/v1/users/me/", headers={"host": "beta.test"})

    assert response.status_code == 401


def test_signing_out_ends_login_and_session(page, sam):
    key = page.session.session_key
    family = TokenFamily.objects.get()

    end_web_session(page)

    assert not Session.objects.filter(session_key=key).exists()
    family.refresh_from_db()
    assert family.revoked_reason == "logout"


def test_ending_all_logins_ends_the_page_too(page, sam):
    end_all_logins(user=sam, reason="logout")

    assert cookie_client(page).get("/api/v1/users/me/", headers=HOST).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("patch", "/api/v1/users/me/"),
        ("post", "/api/v1/users/me/password/"),
        ("post", "/api/v1/auth/mfa/enable/"),
        ("post", "/api/v1/auth/mfa/disable/"),
        ("post", "/api/v1/auth/logout-all/"),
        ("post", "/api/v1/realtime/tickets/"),
        ("delete", "/api/v1/users/x/"),
    ],
)
def test_a_cookie_alone_changes_nothing(method, path, page):
    client = cookie_client(page, enforce_csrf_checks=True)

    response = getattr(client, method)(path, {}, content_type="application/json", headers=HOST)

    assert response.status_code == 403
    assert TokenFamily.objects.get().revoked_at is None


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["auth/login/", "users/me/password/", "auth/refresh/"])
def test_json_dressed_as_a_form_is_refused(kind, path, page):
    response = cookie_client(page).post(
        f"/api/v1/{path}", '{"email": "x", "password": "y"}', content_type=kind, headers=HOST
    )

    assert response.status_code == 415


def test_a_ticket_opens_one_socket_for_its_person(sam, tokens):
    body = Api(token=tokens.access_token).post("realtime/tickets/", {}).json()

    identity = redeem_ticket(body["ticket"])

    assert body["expires_in"] == 30
    assert (identity.user_id, identity.name) == (sam.pk, sam.full_name)
    assert identity.expires_at is not None  # the socket lives no longer than the token
    with pytest.raises(InvalidToken):
        redeem_ticket(body["ticket"])


def test_a_pages_ticket_lives_as_long_as_its_session(page, sam):
    client = cookie_client(page)

    ticket = client.post("/api/v1/realtime/tickets/", headers=HOST).json()["ticket"]

    assert redeem_ticket(ticket).expires_at is None


def test_a_ticket_is_nothing_at_another_school(sam, tokens, beta):
    from tenants.context import in_tenant

    ticket = issue_ticket(user=sam, family=TokenFamily.objects.get())
    with in_tenant(beta):
        create_user("bea", email="bea@beta.school")
        with pytest.raises(InvalidToken):
            redeem_ticket(ticket)


def test_without_a_login_there_is_no_ticket(anybody, alpha):
    assert anybody.post("realtime/tickets/", {}).status_code == 401
