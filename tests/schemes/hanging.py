"""A WSGI site of which one page never comes."""

import threading
from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/hang/":
        threading.Event().wait()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Here"]
