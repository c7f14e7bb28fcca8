"""Makes the addresses of calendars, and serves them. Their token only reads shifts; it signs nobody in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import Workspace
from monitor.oncall import access, feeds
from myweb.numbers import parse_number
from myweb.origins import build_site_url
from myweb.post_limits import get_sender
from myweb.tokens import hash_token
from realtime import rate_limits


@require_POST
def submit_feed(request: AuthenticatedRequest) -> HttpResponse:
    """``do`` is create or revoke; without ``schedule`` it is about the shifts of the user."""
    number = parse_number(request.POST.get("schedule", ""))
    schedule = access.get_schedule(request.user, number) if number is not None else None
    href = reverse("oncall_schedule", args=[schedule.pk]) if schedule else reverse("oncall")
    if request.POST.get("do") == "revoke":
        feeds.revoke_feed(request.user, schedule)
        return redirect(href)
    token = feeds.create_feed(request.user, schedule)
    address = build_site_url(reverse("oncall_calendar", args=[token]).rstrip("/") + ".ics", request)
    return render(request, "oncall/feed_made.html", {"address": address, "href": href})


@login_not_required
@require_safe
def show_calendar(request: HttpRequest, token: str) -> HttpResponse:
    response = answer_calendar(request, token)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined] # Django would write the path of a 4xx
    return response


def answer_calendar(request: HttpRequest, token: str) -> HttpResponse:
    feed = access.find_feed(hash_token(token))
    if feed is None:
        if rate_limits.post_buckets().take(get_sender(request)):  # guessing tokens is rate limited by address
            return HttpResponse(status=429, headers={"Retry-After": "60"})
        return HttpResponse(_("There is no calendar at this address."), status=404, content_type="text/plain")
    feeds.mark_feed_read(feed)
    with translation.override(Workspace.current().language or translation.get_language()):
        text = feeds.render_feed(feed, timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="oncall.ics"'
    return response
