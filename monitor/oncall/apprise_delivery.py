"""Sends by Apprise, which knows the addresses of many services: of notification channels and of users."""

import logging

from myweb.network_policy import OutOfReach, Reach, resolve_host_blocking
from myweb.stored_text import stored_gettext as _

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its log lines can contain the URLs

# Of the services, those that a member may use for an own address. They send to one host, which is_blocked checks.
MEMBER_SCHEMES = frozenset(
    {
        *("bark", "barks", "gotify", "gotifys", "ntfy", "ntfys"),
        *("discord", "pbul", "pover", "pushplus", "schan", "slack", "spush", "tgram", "twilio", "vonage", "wxpusher"),
    }
)


def is_member_address(address: str) -> bool:
    return address.partition("://")[0].lower() in MEMBER_SCHEMES


def send_by_apprise(address: str, title: str, body: str, kind: str, reach: Reach = Reach.INSIDE) -> str:
    """Returns an empty string, or an error message without secrets."""
    import apprise  # takes half a second to load; most processes never send

    if not address:
        return _("The address can't be decrypted: the secret key has changed. Enter the address again.")
    sender = apprise.Apprise()
    try:
        if not sender.add(address):
            return _("Apprise does not support this address. Check its format.")
        for server in sender:
            server.redirects = False  # a redirect would bypass the next check
        if any(is_blocked(str(getattr(server, "host", None) or ""), reach) for server in sender):
            return describe_block(reach)
        if sender.notify(title=title, body=body, notify_type=apprise.NotifyType(kind)):
            return ""
    except Exception as error:
        return _("Sending failed: %(kind)s.") % {"kind": type(error).__name__}
    return _("The service is unreachable or rejected the notification.")


def describe_block(reach: Reach) -> str:
    if reach is Reach.OUTSIDE:
        return _("This address is blocked: it is not on the public internet.")
    return _("This address is blocked: link-local or cloud metadata.")


def is_blocked(host: str, reach: Reach) -> bool:
    """Tells whether an address of the host is blocked. Admins, who add channels, may use private ones."""
    try:
        resolve_host_blocking(host.strip("[]") or "localhost", 443, reach)
    except OutOfReach:
        return True
    except (OSError, UnicodeError):
        return False  # Apprise will report that the host is unknown
    return False
