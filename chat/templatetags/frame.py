"""The parts of the frame around every page of a signed-in user."""

from functools import cache
from typing import Any

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.templatetags.page_user import get_page_user
from chat.prerender import render_part
from chat.shell import Shell
from chat.strings import STRINGS

register = template.Library()


@register.simple_tag(takes_context=True)
def prerendered(context: Any, name: str) -> SafeString:
    """As ``{% include %}``, for a template whose values are named in ``BLANKS`` of prerender.py."""
    shell = context.get("shell")
    if not isinstance(shell, Shell):  # it is being prerendered, or is the page without a user
        return SafeString(context.template.engine.get_template(name).render(context))
    values = {
        "csrf_token": context.get("csrf_token", ""),
        "page_user": get_page_user(context) or "",
        "path": context["request"].get_full_path(),
    }
    return render_part(name, values, context["theme"], shell, context.get("section"))


@register.simple_tag
def page_strings() -> SafeString:
    """The texts of the scripts."""
    return make_page_strings(get_language())


@cache
def make_page_strings(_language: str | None) -> SafeString:
    """In the active language, which is the given one."""
    return json_script({key: str(text) for key, text in STRINGS.items()}, "page-strings")
