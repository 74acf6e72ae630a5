"""Settings of the server that browsers visit: the tests' own, serving static files as they lie."""

from config.settings.test import *  # noqa: F403 - a settings module is its base plus differences

WHITENOISE_USE_FINDERS = True
REALTIME: dict[str, float] = {}
