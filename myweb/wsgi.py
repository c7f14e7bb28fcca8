import os

from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from myweb import connection_health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myweb.settings")
application = get_wsgi_application()
# In place of Django's own receiver, which would run first and have every request check the connection.
for signal, receiver in (
    (request_started, connection_health.prepare_connection),
    (request_finished, connection_health.release_connection),
):
    signal.disconnect(close_old_connections)
    signal.connect(receiver)
