"""Error messages of probes."""

import socket
import ssl
from collections.abc import Mapping

from myweb.formats import format_duration, format_number
from myweb.stored_text import StoredText, join_texts
from myweb.stored_text import stored_gettext as _

TEXT_OF_VERIFY_CODE = {  # X509_V_ERR_* of OpenSSL
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

DURATION_FIGURES = {"dns", "connect", "tls", "first_byte", "total", "jitter"}


def find_root_cause(error: BaseException) -> BaseException:
    """Finds the error that a library wrapped in its own."""
    while not (isinstance(error, OSError) and error.errno):
        inner = error.__cause__ or error.__context__  # httpcore drops the cause
        if inner is None:
            break
        error = inner
    return error


def describe_probe_error(error: BaseException) -> str:
    cause = find_root_cause(error)
    if isinstance(cause, ssl.SSLError):
        return describe_tls_error(cause)
    if isinstance(cause, socket.gaierror):
        return _("The name can't be resolved.")
    if isinstance(cause, ConnectionRefusedError):
        return _("Connection refused.")
    if isinstance(cause, ConnectionResetError):
        return _("The connection was reset.")
    if isinstance(cause, OSError) and cause.strerror:
        return f"{cause.strerror}."
    return str(cause) or type(cause).__name__


def describe_tls_error(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        known = TEXT_OF_VERIFY_CODE.get(error.verify_code)
        return known() if known else join_texts(_("The certificate is not trusted:"), f"{error.verify_message}.")
    return _("TLS failed: %(reason)s.") % {"reason": (error.reason or str(error)).replace("_", " ").lower()}


def format_figures(numbers: Mapping[str, float]) -> str:
    """Formats the numbers of a result: "connect 2 ms · status 200"."""
    formatted = {
        name: format_duration(value) if name in DURATION_FIGURES else format_number(value)
        for name, value in numbers.items()
    }
    return " · ".join(f"{name.replace('_', ' ')} {value}" for name, value in formatted.items())


def as_clause(sentence: str) -> str:
    """For the end of another sentence: "Database is down: connection refused". Abbreviations stay as they are."""
    clause = sentence.strip().removesuffix(".").removesuffix("。")
    return clause[:1].lower() + clause[1:] if clause[1:2].islower() else clause


def make_printable(text: str) -> str:
    """Replaces control characters in foreign text. PostgreSQL can't store NUL."""
    if isinstance(text, StoredText):
        return text if text.isprintable() else text.map_values(make_printable)
    return text if text.isprintable() else "".join(character if character.isprintable() else " " for character in text)
