"""Settings without the process's environment: two sites of one uWSGI share that."""

from django.conf import settings as in_force

from deploy.schemes.hello import settings

if not in_force.configured:
    in_force.configure(**{name: getattr(settings, name) for name in dir(settings) if name.isupper()})
