"""Forged and foreign access tokens (AU-08): all the same 401, cheap, and nothing is fetched."""

import base64
import hmac
import json
import time
import uuid

import jwt
import pytest
from django.conf import settings

from lms.accounts.models import TokenFamily
from lms.accounts.tokens import InvalidToken, decode_access, derive_key, encode_access
from tenants.context import in_tenant
from tests.factories.accounts import access_token, create_user
from tests.lms.accounts.api import Api

KEY_URL = "http://127.0.0.1:9/key"


def b64(value) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forgeries(good: str, schema: str) -> dict[str, str]:
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    key = derive_key(settings.JWT_SECRET_KEY, f"access {schema}")

    other = f"{b64({'alg': 'HS512', 'typ': 'JWT'})}.{body}"

    by_sha512 = b64(hmac.digest(key, other.encode(), "sha512"))

    def signed(changes=(), *, with_key=key, headers=None):
        return jwt.encode({**claims, **dict(changes)}, with_key, "HS256", headers=headers)

    def without(name):
        return jwt.encode({k: v for k, v in claims.items() if k != name}, key, "HS256")

    twice = b64(
        json.dumps(claims)[:-1].encode() + b', "sub": "' + str(uuid.uuid4()).encode() + b'"}'
    )
    return {
        "no algorithm": f"{b64({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "no algorithm, other case": f"{b64({'alg': 'nOnE'})}.{body}.{signature}",
        "another algorithm of the family": f"{other}.{by_sha512}",
        "a public-key algorithm": f"{b64({'alg': 'RS256', 'typ': 'JWT'})}.{body}.{signature}",
        "another key": signed(with_key=b"k" * 32),
        "the master key itself": signed(with_key=settings.JWT_SECRET_KEY.encode()),
        "the key of refresh hashes": signed(
            with_key=derive_key(settings.JWT_SECRET_KEY, f"hash {schema}")
        ),
        "a kid that is a path": f"{b64({'alg': 'HS256', 'kid': '/dev/null'})}.{body}.{signature}",
        "a kid that is SQL": f"{b64({'alg': 'HS256', 'kid': chr(39) + ' OR 1=1'})}.{body}.",
        "a jku": f"{b64({'alg': 'HS256', 'jku': KEY_URL})}.{body}.{signature}",
        "an x5u": f"{b64({'alg': 'HS256', 'x5u': KEY_URL})}.{body}.{signature}",
        "an unknown crit": signed(headers={"crit": ["x"], "x": 1}),
        "b64 false": signed(headers={"b64": False, "crit": ["b64"]}),
        "duplicate claims": f"{head}.{twice}.{signature}",
        "padding": f"{head}.{body}==.{signature}",
        "another audience": signed({"aud": "public"}),
        "several audiences": f"{head}.{b64({**claims, 'aud': [schema, 'x']})}.{signature}",
        "another issuer": signed({"iss": "stoat"}),
        "another kind": signed({"typ": "refresh"}),
        "expired": signed({"exp": claims["iat"] - 1}),
        "expiry is a word": signed({"exp": "never"}),
        "not yet": signed({"nbf": claims["exp"]}),
        "no expiry": without("exp"),
        "no login": without("sid"),
        "no version": without("sv"),
        "no person": without("sub"),
        "another login": signed({"sid": str(uuid.uuid4())}),
        "another person": signed({"sub": str(uuid.uuid4())}),
        "an older version": signed({"sv": 0}),
        "a version that is a word": signed({"sv": "x"}),
        "a login that is no id": signed({"sid": ["x"]}),
        "a megabyte": good + "A" * 1_000_000,
        "three dots": "...",
        "nested arrays": f"{b64(b'[' * 1000)}.{body}.{signature}",
        "not ascii": "\u00e9.\u00e9.\u00e9",
        "nothing": "",
    }


def is_refused(token: str, schema: str) -> bool:
    """What is well signed is refused by the database: the login, the person, the version."""
    try:
        claims = decode_access(token, schema=schema)
    except InvalidToken:
        return True
    return not TokenFamily.objects.filter(
        pk=claims.family_id, user=claims.user_id, user__session_version=claims.session_version
    ).exists()


NAMES = list(
    forgeries(
        encode_access(
            schema="t_" + "0" * 32, user_id=uuid.uuid4(), family_id=uuid.uuid4(), version=1
        ),
        "t_" + "0" * 32,
    )
)


@pytest.mark.parametrize("case", NAMES)
def test_a_forged_token_is_refused_cheaply(case, sam, alpha):
    good = access_token(sam)
    assert Api(token=good).get("users/me/").status_code == 200
    forged = forgeries(good, alpha)[case]

    began = time.process_time()
    refused = is_refused(forged, alpha)
    assert refused
    assert time.process_time() - began < 0.02

    if forged.isascii() and len(forged) < 5000 and forged:
        response = Api(token=forged).get("users/me/")
        assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
        assert response["WWW-Authenticate"] == "Bearer"


def test_a_person_with_the_same_id_at_another_school_is_somebody_else(alpha, beta):
    sam = create_user("sam")
    with in_tenant(beta):
        create_user("bea", id=sam.pk, email="bea@beta.school")

    assert Api(host="beta.test", token=access_token(sam)).get("users/me/").status_code == 401
    assert Api(host="beta.localhost", token=access_token(sam)).get("users/me/").status_code == 401
