from typing import Any

from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "push"

    def ready(self) -> None:
        from accounts.signals import user_changed

        user_changed.connect(on_user_changed)


def on_user_changed(user: Any, **_: Any) -> None:
    """The sessions of a deactivated user stay in the database, so they do not end the devices."""
    if not user.is_active:
        from push.models import PushDevice

        PushDevice.objects.filter(user=user).delete()
