from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import services
from accounts.models import User


class Command(changepassword.Command):
    """Django's own; the sockets of the old sessions are closed at once, too."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        said: str | None = super().handle(*args, **options)
        user = User.objects.filter(email=(options["username"] or "").lower()).first()
        if user:
            services.announce_ended_sessions(user)
        return said
