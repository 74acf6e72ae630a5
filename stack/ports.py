"""Free ports on 127.0.0.1, below 32768 so that no outgoing connection can hold one."""

import socket
from collections.abc import Iterator

from stack.errors import StackError

TRIES = 200


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers themselves do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(first: int) -> Iterator[int]:
    """Ports that were free when asked, from `first` on. Another may take one before we do."""
    for port in range(first, min(first + TRIES, 32768)):
        if is_free(port):
            yield port
    raise StackError(f"no free port from {first} to {first + TRIES - 1} on 127.0.0.1")
