from django import template

from accounts.models import User
from monitor.checks.access import checks_of
from monitor.checks.models import CheckState

register = template.Library()


@register.simple_tag
def count_checks_down(user: User) -> int:
    """Of the checks that the user may see."""
    return checks_of(user).filter(state=CheckState.DOWN).count()
