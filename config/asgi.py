"""HTTP goes to Django, WebSockets to realtime; both find their tenant before anything else."""

import os

from django.core.asgi import get_asgi_application

from config.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - Django must be set up first

from realtime.routing import lifespan, websocket  # noqa: E402 - the same

application = ProtocolTypeRouter({"http": http, "websocket": websocket, "lifespan": lifespan})
