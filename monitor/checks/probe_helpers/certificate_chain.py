"""Reads certificate chains: expiry dates and names."""

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from myweb.stored_text import stored_gettext as _

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_CHAIN = 10


def load_chain(connection: Any) -> list["Certificate"]:
    """Returns the relevant part of the sent chain: the leaf first, without roots and unused certificates."""
    from cryptography.x509 import load_der_x509_certificate  # 6 MB that only the collector needs

    sent = read_certificates(connection, "get_unverified_chain")[:MAX_CHAIN]
    sent = sent or [connection.getpeercert(binary_form=True)]
    if connection.context.verify_mode == ssl.CERT_REQUIRED:
        trusted = set(read_certificates(connection, "get_verified_chain")) or set(sent)
        sent = sent[:1] + [encoded for encoded in sent[1:] if encoded in trusted]
    leaf, *others = [load_der_x509_certificate(encoded) for encoded in sent]
    return [leaf, *(certificate for certificate in others if certificate.issuer != certificate.subject)]


def read_certificates(connection: Any, method: str) -> list[bytes]:
    """Returns DER. Python 3.13 made the methods public."""
    read = getattr(connection, method, None) or getattr(connection._sslobj, method)
    return [
        certificate if isinstance(certificate, bytes) else ssl.PEM_cert_to_DER_cert(certificate.public_bytes())
        for certificate in read() or ()
    ]


def find_first_to_expire(chain: list["Certificate"]) -> "Certificate":
    return min(chain, key=lambda certificate: certificate.not_valid_after_utc)


def find_fault(chain: list["Certificate"], host: str) -> str:
    """Checks the dates and the name, without a trusted authority. Returns an empty string if both are valid."""
    now = datetime.now(UTC)
    if any(certificate.not_valid_before_utc > now for certificate in chain):
        return _("The certificate is not valid yet.")
    if find_first_to_expire(chain).not_valid_after_utc < now:
        return _("The certificate has expired.")
    if not any(matches_host(name, host) for name in read_certificate_names(chain[0])):
        return (
            _("The certificate is for another address.")
            if is_address(host)
            else _("The certificate is for another name.")
        )
    return ""


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def matches_host(name: str, host: str) -> bool:
    """A wildcard stands for one label, and never for an address."""
    if is_address(host) or is_address(name):
        return is_address(host) and is_address(name) and ip_address(host) == ip_address(name)
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        first, _dot, rest = host.partition(".")
        return bool(first) and rest == name[2:] and "." in rest
    return name == host


def read_certificate_names(certificate: "Certificate") -> list[str]:
    """Falls back to the common name, for appliances without alternative names."""
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return read_common_names(certificate)
    return [
        str(general_name.value)
        for general_name in extension.value
        if isinstance(general_name, x509.DNSName | x509.IPAddress)
    ]


def read_common_names(certificate: "Certificate") -> list[str]:
    from cryptography.x509.oid import NameOID

    return [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
