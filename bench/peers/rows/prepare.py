"""Creates the tables, one room and one user: ``python -m rows.prepare``."""

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402

from .models import Room  # noqa: E402

call_command("migrate", interactive=False, verbosity=0)  # users, to which the messages refer
call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
Room.objects.create(pk=1, name="Bench")
User.objects.create(pk=1, username="bench")
