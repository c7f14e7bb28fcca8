"""``{% picture_setting user %}`` and ``{% picture_setting user "logo" %}``: a line of settings to choose a picture."""

from typing import Any

from django import template

from accounts.models import User
from files.picture_uploads import MAX_MB, read_picture_state

register = template.Library()


@register.inclusion_tag("files/picture_setting.html", takes_context=True)
def picture_setting(context: Any, user: User, kind: str = "picture") -> dict[str, object]:
    return {
        "kind": kind,
        "owner": user,
        "picture": read_picture_state(user, is_logo=kind == "logo"),
        "limit": MAX_MB,
        "request": context["request"],
        "csrf_token": context["csrf_token"],
    }
