"""What the pages say in Chinese, from the catalogue itself."""

import pytest
from django.conf import settings
from django.utils import translation


def chinese(text: str) -> str:
    if not (settings.LOCALE_PATHS[0] / "zh_Hans" / "LC_MESSAGES" / "django.mo").exists():
        pytest.skip("the Chinese catalogue is not compiled: .venv/bin/python manage.py compilemessages")
    with translation.override("zh-hans"):
        said = translation.gettext(text)
    assert said != text, f"{text!r} is not translated"
    return said
