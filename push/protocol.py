"""What a push message says. The service worker of the page reads it: push/static/push/push_worker.js."""

import msgspec

MAX_TAG = 64
MAX_TITLE, MAX_BODY, MAX_PATH = 100, 300, 500  # characters


class PushPayload(msgspec.Struct, omit_defaults=True):
    tag: str  # a newer one replaces an older one of the same tag on the device
    title: str  # where it was written, such as the name of a room
    body: str  # the text; a device may be set not to get it
    path: str  # the page that a tap opens
    badge: int | None = None  # number on the icon of the installed app; None leaves it
    urgent: bool = False  # the push service wakes a sleeping phone
    says_urgent: bool = False  # so does the title
    number: int = 0  # of what it tells about; the app that sent it asks by it whether it is still news
    topic: str = ""  # of the push service, which keeps only the newest for a device that is off; default: the tag

    def check(self) -> None:
        """Raises :class:`ValueError` for what the code that calls got wrong; long texts are cut elsewhere."""
        if not 0 < len(self.tag) <= MAX_TAG:
            raise ValueError(f"The tag of a push message has 1 to {MAX_TAG} characters.")
        if not self.path.startswith("/") or self.path.startswith("//") or len(self.path) > MAX_PATH:
            raise ValueError("The path of a push message is one of this site.")


class DevicePayload(msgspec.Struct, omit_defaults=True):
    """As a device gets it, encrypted."""

    id: str  # the same in a repetition, which is then silent
    tag: str
    title: str
    body: str
    path: str
    badge: int | None = None


class Subscription(msgspec.Struct, forbid_unknown_fields=True):
    """What a page sends of its browser's subscription."""

    endpoint: str
    p256dh: str
    auth: str
    key: str  # public key of the site that it was made with
    content: str = ""  # what the device showed before its session ended
    chosen: bool = False  # the user has clicked; otherwise a page compares
    renewed: bool = False  # by the browser, without a page: this adds no device


class SubscriptionState(msgspec.Struct, omit_defaults=True):
    """``key``: the public key to subscribe with. ``known``: this browser's subscription is stored and up to date."""

    key: str
    known: bool = False
    content: str = ""  # what the device shows
    removed: bool = False  # in another browser: the page ends the subscription
