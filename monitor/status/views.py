"""The public status page: no account, no cookie, the same for everyone."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from monitor.status.feed import render_feed
from monitor.status.page import RenderedPage, make_etag, now_cache, page_cache, render_status_page
from myweb.origins import get_site_origin

PAGE_CACHE_SECONDS = 5  # seconds that it may be cached
FEED_CACHE_SECONDS = 60  # seconds, for a feed


@login_not_required
@require_safe
def show_status_page(request: HttpRequest, language: str = "") -> HttpResponseBase:
    """Without a language in the URL, use the browser's."""
    language = check_language(language or translation.get_language() or settings.LANGUAGE_CODE)
    rendered = page_cache.get(language)
    if not rendered.published and getattr(request.user, "is_admin", False):
        with translation.override(language):
            return HttpResponse(render_status_page(language, preview=True).body)
    return cached_response(request, rendered, language)


@login_not_required
@require_safe
def show_status_now(request: HttpRequest, language: str) -> HttpResponseBase:
    """Return the part of the page that changes, which the script requests every few seconds."""
    return cached_response(request, now_cache.get(check_language(language)), language)


@login_not_required
@require_safe
def show_status_feed(request: HttpRequest, language: str) -> HttpResponseBase:
    if not now_cache.get(check_language(language)).published:
        raise Http404
    with translation.override(language):
        body = render_feed(language, get_site_origin(request))
    etag = make_etag(body)
    response = HttpResponse(body, content_type="application/atom+xml; charset=utf-8", headers={"ETag": etag})
    response["Cache-Control"] = f"public, max-age={FEED_CACHE_SECONDS}"
    return conditional_response(request, etag, response)


def check_language(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return language


def cached_response(request: HttpRequest, rendered: RenderedPage, language: str) -> HttpResponseBase:
    """Return a response that proxies and browsers may cache for some seconds."""
    if not rendered.published:
        raise Http404
    response = HttpResponse(rendered.body, headers={"ETag": rendered.etag, "Content-Language": language})
    response["Cache-Control"] = f"public, max-age={PAGE_CACHE_SECONDS}"
    return conditional_response(request, rendered.etag, response)


def conditional_response(request: HttpRequest, etag: str, response: Any) -> HttpResponseBase:
    """Respond 304 without a body if the client has this version."""
    return get_conditional_response(request, etag=etag, response=response) or response
