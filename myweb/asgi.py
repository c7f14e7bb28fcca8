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


def let_go(**_signal: object) -> None:
    """Django gives each request a thread of its own here: a connection that stayed would be one more for PostgreSQL."""
    connections.close_all()


request_finished.connect(let_go, sender=ASGIHandler)
