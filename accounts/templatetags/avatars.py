"""``{% avatar user "l" %}``: initials on the colour of a user, and their picture above them."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def avatar(user: Any, size: str = "", own: bool = False) -> SafeString:
    """``user``: a :class:`User`, or None. ``own``: scripts show changes in it."""
    colour = "bot" if user and user.is_bot else user.colour if user else 0
    return format_html(
        '<span class="avatar {}avatar--{}" aria-hidden="true"{}>{}{}</span>',
        f"avatar--{size} " if size else "",
        colour,
        format_html(' data-own="initials"') if own else "",
        user.initials if user else "–",
        render_picture(user.pk, user.picture, 256 if size == "l" else 64) if user else "",
    )


def render_picture(user_id: int, digest: str, pixels: int = 64) -> SafeString:
    """Empty without a picture. It covers the initials, so nothing moves when it comes."""
    if not digest:
        return SafeString()
    address = reverse("user_picture", args=[user_id, digest, pixels])
    return format_html('<img class="avatar__picture" src="{}" alt="" loading="lazy" decoding="async">', address)
