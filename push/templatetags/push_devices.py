from typing import Any

from django import template
from django.conf import settings

from push.access import list_devices
from push.models import Content

register = template.Library()


@register.inclusion_tag("push/devices.html", takes_context=True)
def show_push_devices(context: dict[str, Any]) -> dict[str, Any]:
    """The devices of the user, for a page of settings."""
    from push.vapid import get_vapid_key  # loads cryptography

    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "devices": list_devices(request.user),
        "contents": Content.choices,
        "session_key": request.session.session_key,
        "key": get_vapid_key().public,
        "is_enabled": settings.SERVICE_WORKER,
    }
