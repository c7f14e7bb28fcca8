from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def module(name: str) -> SafeString:
    """A module script. Its joined parts are requested with it, not one after another."""
    parts = getattr(staticfiles_storage, "imports", {}).get(name, [])
    preloads = format_html_join(
        "", '<link rel="modulepreload" href="{}">', ((settings.STATIC_URL + part,) for part in parts)
    )
    return format_html('{}<script type="module" src="{}"></script>', preloads, static(name))
