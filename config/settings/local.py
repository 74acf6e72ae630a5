"""Development: what `make run` serves."""

from config.settings.base import *  # noqa: F403 - a settings module is its base plus differences
from config.settings.integrations import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
