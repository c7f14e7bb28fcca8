"""Imported by uWSGI's master where a site has one release, as in a container: loads the pages before it forks.

What is loaded here is in memory once, however many workers there are. It must leave nothing that two processes cannot
share: no connection and no thread.
"""

import gc

from django.conf import settings
from django.template import engines
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver
from django.utils import translation

from myweb.wsgi import application


def preload() -> None:
    """Views, templates and texts, which a worker otherwise loads with its first requests."""
    _views = get_resolver().url_patterns
    for folder in get_app_template_dirs("templates"):
        for path in () if "site-packages" in folder.parts else folder.rglob("*.html"):
            engines["django"].get_template(path.relative_to(folder).as_posix())
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("")
    gc.collect()
    gc.freeze()  # else the collector of each worker would write to the memory of all these objects


preload()

__all__ = ["application"]
