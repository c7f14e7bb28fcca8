from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def module(context: Context, name: str) -> SafeString:
    """A module script. Its joined parts are requested with it, not one after another.

    With ``later_modules`` in the context it is only loaded: ``chat/offline.js`` runs it.
    """
    parts = getattr(staticfiles_storage, "imports", {}).get(name, [])
    preloads = format_html_join(
        "", '<link rel="modulepreload" href="{}">', ((settings.STATIC_URL + part,) for part in parts)
    )
    if context.get("later_modules"):
        return format_html('{}<link rel="modulepreload" href="{}" data-later="{}">', preloads, static(name), name)
    return format_html('{}<script type="module" src="{}"></script>', preloads, static(name))
