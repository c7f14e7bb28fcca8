"""The public status page: no account, no cookie, the same for everybody."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from monitor.status.feed import atom
from monitor.status.page import Rendered, etag_of, kept_now, kept_page, whole
from myweb.origins import get_site_origin

FRESH = 5  # seconds that anybody may keep it
SELDOM = 60  # seconds, for a feed


@login_not_required
@require_safe
def page(request: HttpRequest, language: str = "") -> HttpResponseBase:
    """Without a language in its address it speaks that of the reader's browser."""
    language = checked(language or translation.get_language() or settings.LANGUAGE_CODE)
    kept = kept_page.get(language)
    if not kept.published and getattr(request.user, "is_admin", False):
        with translation.override(language):
            return HttpResponse(whole(language, preview=True).body)
    return public(request, kept, language)


@login_not_required
@require_safe
def now(request: HttpRequest, language: str) -> HttpResponseBase:
    """The part of the page that changes, for the script that asks every few seconds."""
    return public(request, kept_now.get(checked(language)), language)


@login_not_required
@require_safe
def feed(request: HttpRequest, language: str) -> HttpResponseBase:
    if not kept_now.get(checked(language)).published:
        raise Http404
    with translation.override(language):
        body = atom(language, get_site_origin(request))
    etag = etag_of(body)
    answer = HttpResponse(body, content_type="application/atom+xml; charset=utf-8", headers={"ETag": etag})
    answer["Cache-Control"] = f"public, max-age={SELDOM}"
    return conditional(request, etag, answer)


def checked(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return language


def public(request: HttpRequest, rendered: Rendered, language: str) -> HttpResponseBase:
    """An answer that proxies and browsers may keep for a moment, and that costs nothing while nothing changes."""
    if not rendered.published:
        raise Http404
    answer = HttpResponse(rendered.body, headers={"ETag": rendered.etag, "Content-Language": language})
    answer["Cache-Control"] = f"public, max-age={FRESH}"
    return conditional(request, rendered.etag, answer)


def conditional(request: HttpRequest, etag: str, answer: Any) -> HttpResponseBase:
    """304 without a body if the reader has this one."""
    return get_conditional_response(request, etag=etag, response=answer) or answer
