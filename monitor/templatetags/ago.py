from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def ago(moment: datetime) -> str:
    """How long something is past, as people say it: nobody says that it was 0 minutes ago."""
    if (timezone.now() - moment).total_seconds() < 60:
        return _("a moment ago")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}
