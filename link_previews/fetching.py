"""Reads what is at a URL and makes a preview of it. Only the worker comes here."""

import logging
from collections.abc import Mapping
from posixpath import basename
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils import timezone

from link_previews.host_turns import HostBusy, wait_for_turn
from link_previews.links import get_reach, make_key
from link_previews.models import LinkPreview
from link_previews.pages import clean_text, get_site, summarize_page
from link_previews.pictures import store_picture
from myweb.guarded_fetch import FetchedDocument, FetchFailed, FetchRules, fetch_document, parse_fetch_url

PAGE_BYTES = 512 * 1024
PICTURE_BYTES = 5_000_000
PICTURES = {"image/*": PICTURE_BYTES}
DOCUMENTS = {"text/html": PAGE_BYTES, "application/xhtml+xml": PAGE_BYTES, **PICTURES}

logger = logging.getLogger(__name__)


def make_preview(url: str) -> LinkPreview:
    """Stores it, also if there is nothing to show. The caller has waited for the turn of the host."""
    preview = LinkPreview(key=make_key(url), fetched_at=timezone.now())
    try:
        document = fetch_document(url, make_rules(DOCUMENTS))
        if document.media_type.startswith("image/"):
            describe_picture(preview, document)
        else:
            describe_page(preview, document)
    except (FetchFailed, HostBusy) as error:
        logger.info("No preview of a link to %s: %s", urlsplit(url).hostname, error)
    preview.save()
    return preview


def make_rules(limits: Mapping[str, int]) -> FetchRules:
    user_agent = f"Mozilla/5.0 (compatible; myweb link preview; +{settings.ORIGINS[0]})"
    return FetchRules(limits, get_reach(), user_agent, wait_for_turn)


def describe_picture(preview: LinkPreview, document: FetchedDocument) -> None:
    if not document.is_truncated and store_picture(preview, document.body):
        preview.site, preview.is_picture = get_site(document.url), True
        name = basename(unquote(urlsplit(document.url).path))
        preview.title = clean_text(name, LinkPreview.TITLE_LENGTH) or preview.site


def describe_page(preview: LinkPreview, document: FetchedDocument) -> None:
    page = summarize_page(document)
    preview.title, preview.text, preview.site = page.title, page.text, page.site
    if not page.title or not page.image:
        return
    try:
        picture = fetch_picture(page.image)
        if not picture.is_truncated:
            store_picture(preview, picture.body)
    except (FetchFailed, HostBusy) as error:
        logger.info("No picture for a link to %s: %s", page.site, error)


def fetch_picture(url: str) -> FetchedDocument:
    wait_for_turn(parse_fetch_url(url, get_reach()).host)
    return fetch_document(url, make_rules(PICTURES))
