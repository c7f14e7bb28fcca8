"""Settings that do not use the environment, which two sites of one uWSGI share."""

from django.conf import settings as in_force

from deploy.schemes.hello import settings

if not in_force.configured:
    in_force.configure(**{name: getattr(settings, name) for name in dir(settings) if name.isupper()})
