"""The socket URLs, and the applications that `config.asgi` mounts."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from channels.routing import URLRouter
from django.urls import path, re_path

from realtime.authorization import (
    Door,
    open_conversation,
    open_course,
    open_forum,
    open_group,
    open_inbox,
)
from realtime.consumer import SocketConsumer
from realtime.node import close_node, get_node


def _both(route: str, door: Door) -> list[Any]:
    """With the trailing slash and without."""
    consumer: Any = SocketConsumer(door)
    return [path(f"ws/lms/{route}/", consumer), path(f"ws/lms/{route}", consumer)]


websocket_urlpatterns = [
    *_both("forum/<uuid:id>", open_forum),
    *_both("group/<uuid:id>/chat", open_group),
    *_both("course/<uuid:id>/notifications", open_course),
    *_both("conversation/<uuid:id>", open_conversation),
    *_both("notifications", open_inbox),
    # Whatever else: accepted, told that there is nothing, closed with 4504.
    re_path(r"", cast(Any, SocketConsumer(None))),
]

websocket = URLRouter(websocket_urlpatterns)


async def lifespan(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Start the node with the server and end it after the last socket."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await get_node()
            await send({"type": "lifespan.startup.complete"})
        else:
            await close_node()
            await send({"type": "lifespan.shutdown.complete"})
            return
