"""Tests: real PostgreSQL and Valkey; cheap password hashes, tiny lifetimes where a test waits."""

from config.settings.base import *  # noqa: F403 - a settings module is its base plus differences
from config.settings.base import DATABASES
from config.settings.integrations import *  # noqa: F403

DATABASES["default"]["TEST"] = {"NAME": "test_stoa"}
# The real hashers have their own tests; every other test only needs some hash.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_TENANT = "alpha"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Straight from the source: nothing is collected outside production.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
