from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

pages = get_asgi_application()  # must run before anything that needs the settings

from .consumers import ChatConsumer  # noqa: E402

sockets = URLRouter([re_path(r"^ws/chat/(?P<room>\w+)/$", ChatConsumer.as_asgi())])
application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
