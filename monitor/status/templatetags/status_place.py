from django import template

from monitor.status.models import StatusPage

register = template.Library()


@register.simple_tag
def is_status_page_published() -> bool:
    return StatusPage.objects.filter(published=True).exists()
