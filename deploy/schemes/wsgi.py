"""The pages for a WSGI server without a proxy: with static files, without trust in forwarded headers."""

from django.conf import settings
from servestatic import ServeStatic

from deploy.schemes.forwarded import without_wsgi
from myweb.wsgi import application as site

application = without_wsgi(ServeStatic(site, root=settings.STATIC_ROOT, prefix="static/", allow_all_origins=False))
