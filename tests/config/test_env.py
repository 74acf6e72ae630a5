"""The environment: every wrong variable is one clear line at the start (SC-08)."""

import os
import subprocess
import sys

import pytest

from config.env import EnvError, load
from tests.architecture.sources import ROOT

SECRET = "0123456789-abcdefghij-ABCDEFGHIJ-0123456789-abcdefghij"
PRODUCTION = {
    "DJANGO_SETTINGS_ENV": "production",
    "SECRET_KEY": SECRET,
    "JWT_SECRET_KEY": SECRET,
    "FIELD_ENCRYPTION_KEYS": "key-one,key-two",
    "DATABASE_URL": "postgres://u:p@db:5432/stoa",
}


def test_development_needs_nothing():
    env = load({})

    assert (env.environment, env.port, env.default_tenant) == ("development", 8000, "acme")


def test_production_needs_its_secrets_and_has_no_default_tenant():
    env = load(PRODUCTION)

    assert env.field_encryption_keys == ("key-one", "key-two")
    assert env.default_tenant == ""
    for name in PRODUCTION.keys() - {"DJANGO_SETTINGS_ENV"}:
        with pytest.raises(EnvError, match=name):
            load({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DJANGO_SETTINGS_ENV", "staging"),
        ("SECRET_KEY", "short"),
        ("JWT_SECRET_KEY", "short"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_POOL_SIZE", "1"),
        ("REDIS_URL", "http://x"),
        ("CACHE_URL", "x"),
        ("CELERY_BROKER_URL", "amqp://x"),
        ("EMAIL_URL", "ftp://x"),
        ("PORT", "0"),
        ("PORT", "eighty"),
        ("WEB_PROCESSES", "-1"),
        ("TRUSTED_PROXIES", "many"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_what_cannot_be_read_is_named(name, value):
    with pytest.raises(EnvError, match=f"^{name} "):
        load({name: value})


def test_a_start_with_a_wrong_variable_is_one_line_and_exit_code_1():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "PORT": "eighty"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("stoa: PORT is not valid")
    assert len(done.stderr.splitlines()) == 1


def test_every_variable_is_in_the_example():
    example = (ROOT / ".env.example").read_text()
    read: set[str] = set()

    class Recorder(dict):
        def get(self, name, default=None):
            read.add(name)
            return default

    load(Recorder())
    assert {name for name in read if name not in example} == set()


def test_production_settings_are_safe():
    """Django's own deployment checks, and what it cannot know."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **PRODUCTION, "DJANGO_SETTINGS_MODULE": "config.settings.production"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
