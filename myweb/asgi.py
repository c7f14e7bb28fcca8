import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myweb.settings")
pages = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.core.signals import request_finished  # noqa: E402
from django.db import connections  # noqa: E402

from realtime.consumers import SocketConsumer  # noqa: E402

application = ProtocolTypeRouter({"http": pages, "websocket": SocketConsumer.as_asgi()})


def close_database_connections(**_signal: object) -> None:
    """Django runs each request in a new thread here, so a kept connection would never be used again."""
    connections.close_all()


request_finished.connect(close_database_connections, sender=ASGIHandler)
