"""A page belongs to the user it was made for. Once another user has signed in, its forms and scripts are refused.

The CSRF token alone would do for most of it, since Django changes it at sign-in. It can't tell who filled in a form,
though, and that decides whether the form may be offered again. Sockets are compared in realtime/consumers.py.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from myweb import form_resubmission
from myweb.origins import get_site_origin

FIELD = "page_user"
HEADER = "X-Page-User"
SIGN_IN = {"account_login", "account_signup", "join", "welcome"}  # names of pages that a signed-in user has no use for


class PageUserMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        if getattr(view, "csrf_exempt", False):  # API clients have no pages, and some stream the body
            return None
        return reject_stale_page(request, 409) if belongs_to_another_user(request) else None


def get_stated_user(request: HttpRequest) -> str | None:
    """The user of the page that sent this: "" for a page without a user, None if it does not say."""
    stated = request.headers.get(HEADER)
    return request.POST.get(FIELD) if stated is None and request.method == "POST" else stated


def belongs_to_another_user(request: HttpRequest) -> bool:
    stated = get_stated_user(request)
    return bool(stated) and stated != str(request.user.pk)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The site's ``CSRF_FAILURE_VIEW``: most of these requests come from a page that was open for long."""
    if not form_resubmission.is_same_origin(request):
        return render(request, "403.html", status=403)  # offered again, a forged form would be one click from done
    if request.user.is_authenticated and not get_stated_user(request) and is_sign_in(request):
        return redirect_signed_in(request)
    return reject_stale_page(request, 403, without_cookies=reason == REASON_NO_CSRF_COOKIE)


def is_sign_in(request: HttpRequest) -> bool:
    return bool(request.resolver_match and request.resolver_match.url_name in SIGN_IN)


def redirect_signed_in(request: HttpRequest) -> HttpResponse:
    """For users who signed in by another tab. To be another user, they have to sign out first."""
    email = request.POST.get("login", "").strip()
    if email and email.casefold() != str(getattr(request.user, "email", "")).casefold():
        return render_stale_page(
            request, 409, _("You are already signed in as %(name)s.") % {"name": request.user}, None
        )
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    here = urlsplit(get_site_origin(request)).netloc
    safe = url_has_allowed_host_and_scheme(wanted, {here}, require_https=request.is_secure())
    return redirect(wanted if safe else "/")


def reject_stale_page(request: HttpRequest, status: int, without_cookies: bool = False) -> HttpResponse:
    if belongs_to_another_user(request):
        if request.user.is_authenticated:
            text = _("You are now signed in as %(name)s. This page belongs to another user, so nothing was sent.")
            return render_stale_page(request, 409, text % {"name": request.user}, None)
        text = _("You were signed out, so nothing was sent. Sign in again in another tab, then submit again here.")
        return render_stale_page(request, 409, text, get_stated_user(request))
    if without_cookies:
        text = _("Your browser sent no cookies. Allow cookies for this site, then submit again.")
    else:
        text = _("You signed in or out after opening this page. Nothing was sent yet.")
    return render_stale_page(request, status, text, get_stated_user(request) or "")


def render_stale_page(request: HttpRequest, status: int, text: str, user: str | None) -> HttpResponse:
    """JSON for scripts, else a page with the fields, which it sends again on behalf of ``user`` if there is one."""
    if HEADER in request.headers or not form_resubmission.is_form(request):
        return JsonResponse({"error": {"code": "stale_page", "text": text, "retry": False}}, status=status)
    fields = form_resubmission.get_resubmittable_fields(request)
    context = {
        "text": text,
        "page_user": user,
        "fields": fields,
        "words": [] if fields and user is not None else form_resubmission.get_typed_texts(request),
        "may_send": fields is not None and user is not None,
        "signed_out": bool(user) and not request.user.is_authenticated,
    }
    return render(request, "stale_form.html", context, status=status)
