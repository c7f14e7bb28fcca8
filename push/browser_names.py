"""A browser's name for the list of devices, from its User-Agent."""

import re

from django.utils.translation import gettext as _

from push.models import PushDevice

MAX_AGENT = 500  # characters that are looked at
# The first one that occurs: browsers also name those that they resemble.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Vivaldi": "Vivaldi",
    "FxiOS": "Firefox",
    "Firefox": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def describe_browser(user_agent: str) -> str:
    agent = user_agent[:MAX_AGENT]
    browser = next((name for word, name in BROWSERS.items() if re.search(rf"\b{word}", agent)), "")
    system = next((name for word, name in SYSTEMS.items() if word in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return (browser or system or _("Browser"))[: PushDevice.NAME_LENGTH]
