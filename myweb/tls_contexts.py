"""TLS contexts for outgoing connections. Creating one takes 20 ms of CPU (root certificates), so they are shared."""

import asyncio
import os
import ssl
import threading
import time
from pathlib import Path
from typing import NamedTuple

LIFETIME = 86_400  # seconds; then root certificates are read again


class ContextKey(NamedTuple):
    verify: bool
    protocols: tuple[str, ...]
    day: int
    roots: tuple[str, int, str]  # set by the environment: a file, its modification time, a folder


contexts: dict[ContextKey, ssl.SSLContext] = {}
lock = threading.Lock()


def get_context_key(verify: bool, protocols: tuple[str, ...]) -> ContextKey:
    file = os.environ.get("SSL_CERT_FILE", "")
    roots = file, get_mtime(file), os.environ.get("SSL_CERT_DIR", "")
    return ContextKey(verify, protocols, int(time.time() // LIFETIME), roots)


def get_mtime(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        return 0


def get_tls_context(*, verify: bool = True, protocols: tuple[str, ...] = ()) -> ssl.SSLContext:
    """``protocols`` are offered by ALPN. Without ``verify``, any certificate is accepted for any name."""
    key = get_context_key(verify, protocols)
    with lock:
        if key not in contexts:
            for old in [other for other in contexts if other.day != key.day]:
                del contexts[old]
            contexts[key] = build_context(verify, protocols)
        return contexts[key]


async def get_tls_context_async(*, verify: bool = True, protocols: tuple[str, ...] = ()) -> ssl.SSLContext:
    if context := contexts.get(get_context_key(verify, protocols)):
        return context
    return await asyncio.to_thread(get_tls_context, verify=verify, protocols=protocols)


def build_context(verify: bool, protocols: tuple[str, ...]) -> ssl.SSLContext:
    context = create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def create_default_context(authorities: str | None = None) -> ssl.SSLContext:
    """Trust ``authorities`` in PEM instead of the system's. Raises :class:`ssl.SSLError`.

    From Python 3.13 on, the default rejects certificates that RFC 5280 forbids and browsers accept. Many private
    authorities lack a key identifier.
    """
    context = ssl.create_default_context(cadata=authorities)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
