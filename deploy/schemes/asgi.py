"""Pages and sockets for an ASGI server without a proxy: with static files, without trust in forwarded headers."""

from myweb.asgi import application as site  # first, because it sets Django up

from django.conf import settings  # isort: skip
from servestatic import ServeStaticASGI

from deploy.schemes.forwarded import without_asgi

application = without_asgi(ServeStaticASGI(site, root=settings.STATIC_ROOT, prefix="static/", allow_all_origins=False))
