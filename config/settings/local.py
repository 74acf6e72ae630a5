"""Development: what `make run` serves."""

from config.settings.base import *  # noqa: F403 - a settings module is its base plus differences
from config.settings.integrations import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Straight from the source: nothing is collected outside production.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
