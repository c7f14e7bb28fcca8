"""``/sw.js``: the service worker, joined from the scripts that ``SERVICE_WORKER_PARTS`` names.

Parts are classic scripts, each in a function of its own. They know ``RELEASE`` and ``STATIC``.
``MYWEB_SERVICE_WORKER=no`` serves a worker that removes itself from every browser.
"""

import json
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

import myweb

REMOVER = "myweb/removing_worker.js"
# Lines of comment, types within a line, and the indentation of every line. Parts have no text that spans lines or looks
# like a type.
STRIPPED = re.compile(
    r"^\s*(?:/\*(?:(?!\*/).)*\*/\s*$|//[^\n]*$)?\s*|/\*\* @type [^\n*]*\*/ ", re.DOTALL | re.MULTILINE
)


def get_release() -> str:
    """Changes with the static files too, not only with the version."""
    digest: str = getattr(staticfiles_storage, "manifest_hash", "") or "development"
    return f"{myweb.__version__}-{digest}"


@cache
def build_service_worker(names: tuple[str, ...]) -> str:
    constants = f"const RELEASE = {json.dumps(get_release())}, STATIC = {json.dumps(settings.STATIC_URL)};\n"
    return constants + "".join(STRIPPED.sub("", read_part(name)) for name in names)


def read_part(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise ImproperlyConfigured(f"SERVICE_WORKER_PARTS names {name}, which is no static file of an app.")
    return Path(path).read_text(encoding="utf-8")


@login_not_required
@require_GET
def show_service_worker(_request: HttpRequest) -> HttpResponse:
    names = settings.SERVICE_WORKER_PARTS if settings.SERVICE_WORKER else [REMOVER]
    build = build_service_worker.__wrapped__ if settings.DEBUG else build_service_worker  # a change shows at once
    response = HttpResponse(build((*names,)), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
