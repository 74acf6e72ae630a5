"""What the measured server runs with: as `make run` has it, with the budgets of people lifted.

One sender is one person here, and is to say as much as the server can take.
"""

from config.settings.local import *  # noqa: F403 - a settings module is its base plus differences

_NO_LIMIT = 1_000_000
REALTIME = {
    "messages_per_second": float(_NO_LIMIT),
    "message_burst": _NO_LIMIT,
    "commands_per_second": float(_NO_LIMIT),
    "command_burst": _NO_LIMIT,
    "sockets_per_user": 100,
}
