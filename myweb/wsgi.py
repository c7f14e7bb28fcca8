import os

from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from myweb import trust

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myweb.settings")
application = get_wsgi_application()
# In place of Django's own receiver, which would come first and have every request ask whether the connection lives.
for signal, receiver in ((request_started, trust.begin), (request_finished, trust.end)):
    signal.disconnect(close_old_connections)
    signal.connect(receiver)
