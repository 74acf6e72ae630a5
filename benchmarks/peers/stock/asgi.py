from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

http = get_asgi_application()

from benchmarks.peers.stock.consumers import ChatConsumer, KeepConsumer  # noqa: E402 - as Django asks

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter(
            [
                re_path(r"ws/keep/(?P<room>\w+)/$", KeepConsumer.as_asgi()),
                re_path(r"ws/chat/(?P<room>\w+)/$", ChatConsumer.as_asgi()),
            ]
        ),
    }
)
