from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import services
from accounts.models import User


class Command(changepassword.Command):
    """Django's command; also closes the sockets of the old sessions at once."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        output: str | None = super().handle(*args, **options)
        user = User.objects.filter(email=(options["username"] or "").lower()).first()
        if user:
            services.announce_ended_sessions(user)
        return output
