"""Settings of the server processes that socket tests start: the tests' own, and their limits."""

import json
import os

from config.settings.test import *  # noqa: F403 - a settings module is its base plus differences

REALTIME = json.loads(os.environ.get("TEST_REALTIME", "{}"))
