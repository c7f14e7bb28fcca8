"""The language of a request: the one chosen in this browser, else the workspace's, else the browser's."""

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from accounts.models import Workspace

PROBES = {"/healthz", "/readyz"}  # they respond while the database does not, and have no language


def detect_language(request: HttpRequest, default: str) -> str:
    """``default`` is that of the workspace, or empty."""
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    return default if default and not chosen else translation.get_language_from_request(request)


def get_default_language(path: str) -> str:
    try:
        return "" if path in PROBES else Workspace.current().language
    except DatabaseError:  # an error page has a language too
        return ""


class WorkspaceLocaleMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        language = detect_language(request, get_default_language(request.path))
        translation.activate(language)
        request.LANGUAGE_CODE = language
