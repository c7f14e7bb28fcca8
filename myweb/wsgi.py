import os

from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application

from myweb import trust

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myweb.settings")
application = get_wsgi_application()
request_started.connect(trust.begin)
request_finished.connect(trust.end)
