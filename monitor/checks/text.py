"""What went wrong, in a sentence for a person."""

import socket
import ssl
from collections.abc import Mapping

from myweb.formats import format_duration, format_number
from myweb.stored_text import StoredText, join_texts
from myweb.stored_text import stored_gettext as _

CERTIFICATE = {  # X509_V_ERR_* of OpenSSL
    9: lambda: _("The certificate is not valid yet."),
    10: lambda: _("The certificate has expired."),
    18: lambda: _("The certificate is self-signed."),
    19: lambda: _("The root of the certificate chain is not trusted."),
    20: lambda: _("The certificate chain is incomplete, or its issuer is not trusted."),
    21: lambda: _("The certificate chain is incomplete."),
    23: lambda: _("The certificate was revoked."),
    62: lambda: _("The certificate is for another name."),
    64: lambda: _("The certificate is for another address."),
}

IN_SECONDS = {"dns", "connect", "tls", "first_byte", "total", "jitter"}


def root_of(error: BaseException) -> BaseException:
    """What libraries wrapped in errors of their own."""
    while not (isinstance(error, OSError) and error.errno):
        inner = error.__cause__ or error.__context__  # httpcore drops the cause on the way
        if inner is None:
            break
        error = inner
    return error


def trouble(error: BaseException) -> str:
    found = root_of(error)
    if isinstance(found, ssl.SSLError):
        return trouble_of_tls(found)
    if isinstance(found, socket.gaierror):
        return _("The name can't be resolved.")
    if isinstance(found, ConnectionRefusedError):
        return _("The connection was refused: nothing listens on that port.")
    if isinstance(found, ConnectionResetError):
        return _("The connection was reset.")
    if isinstance(found, OSError) and found.strerror:
        return f"{found.strerror}."
    return str(found) or type(found).__name__


def trouble_of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        known = CERTIFICATE.get(error.verify_code)
        return known() if known else join_texts(_("The certificate is not trusted:"), f"{error.verify_message}.")
    return _("TLS failed: %(reason)s.") % {"reason": (error.reason or str(error)).replace("_", " ").lower()}


def figures(numbers: Mapping[str, float]) -> str:
    """Numbers of a result: "connect 2 ms · status 200"."""
    spelled = {
        name: format_duration(value) if name in IN_SECONDS else format_number(value) for name, value in numbers.items()
    }
    return " · ".join(f"{name.replace('_', ' ')} {value}" for name, value in spelled.items())


def printable(text: str) -> str:
    """What others said may hold anything; PostgreSQL stores no NUL, and nobody reads an escape."""
    if isinstance(text, StoredText):
        return text if text.isprintable() else text.map_values(printable)
    return text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
