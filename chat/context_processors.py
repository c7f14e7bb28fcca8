from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.templatetags.avatars import render_picture
from chat.shell import build_shell, find_section
from chat.sidebar import read_sidebar


def add_shell(request: HttpRequest) -> dict[str, object]:
    """The shell of a signed-in user; ``sheet.html`` extends ``frame``."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "frame": "chat/page.html",
        "section": find_section(request.path),
        "own_picture": render_picture(user.pk, user.picture),
        "shell": SimpleLazyObject(lambda: build_shell(user, read_sidebar(user))),
    }
