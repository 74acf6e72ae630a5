"""Pages of other sites: those that are listed may call the API, with a token only."""

import pytest

LISTED = "https://campus.example"


@pytest.fixture(autouse=True)
def _listed(settings, db):
    settings.CORS_ALLOWED_ORIGINS = [LISTED]


def ask(client, path, origin):
    return client.options(
        path,
        headers={
            "Origin": origin,
            "Host": "alpha.test",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        },
    )


def test_a_listed_site_may_send_a_token_and_no_cookie(client):
    answer = ask(client, "/api/v1/auth/login/", LISTED)

    assert answer["Access-Control-Allow-Origin"] == LISTED
    assert "idempotency-key" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    ("path", "origin"),
    [("/api/v1/auth/login/", "https://elsewhere.example"), ("/login/", LISTED)],
)
def test_other_sites_and_other_paths_get_no_permission(client, path, origin):
    assert "Access-Control-Allow-Origin" not in ask(client, path, origin)
