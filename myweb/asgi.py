import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myweb.settings")
pages = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter  # noqa: E402

from realtime.consumers import SocketConsumer  # noqa: E402

application = ProtocolTypeRouter({"http": pages, "websocket": SocketConsumer.as_asgi()})
