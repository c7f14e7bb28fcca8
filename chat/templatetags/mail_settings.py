"""``{% mail_settings %}``: the section "Mail" of a page of settings."""

from typing import Any

from django import template

from chat.notifications.mail_views import make_mail_form
from myweb.smtp import is_mail_set_up

register = template.Library()


@register.inclusion_tag("chat/mail_settings.html", takes_context=True)
def mail_settings(context: dict[str, Any]) -> dict[str, Any]:
    """With the form of the page, if the page has one."""
    request = context["request"]
    form = context.get("mail_form") or (make_mail_form(request) if is_mail_set_up() else None)
    return {"form": form, "user": request.user, "request": request, "csrf_token": context.get("csrf_token")}
