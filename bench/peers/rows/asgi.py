from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

pages = get_asgi_application()  # must run before models are imported

from .consumers import PostConsumer  # noqa: E402

sockets = URLRouter([path("ws/", PostConsumer.as_asgi())])
application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
