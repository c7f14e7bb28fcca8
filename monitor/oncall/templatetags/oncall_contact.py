from django import template
from django.conf import settings

from accounts.models import User
from monitor.oncall.contact_forms import ContactForm
from push.access import has_device

register = template.Library()


@register.inclusion_tag("oncall/contact_methods.html", takes_context=True)
def contact_methods(context: template.Context, user: User, form: ContactForm | None = None) -> dict[str, object]:
    """The methods of the user with their tests, for any page of settings."""
    return {
        "form": form or ContactForm(user=user),
        "user": user,
        "sends_mail": bool(settings.EMAIL_HOST),
        "has_device": has_device(user),
        "csrf_token": context.get("csrf_token"),
    }
