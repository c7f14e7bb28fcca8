"""An example of an upload: reads the whole body, stores nothing, and returns its size."""

from collections.abc import Callable, Iterable
from typing import Any

PIECE = 2**16


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] != "POST":
        start_response("405 Method Not Allowed", [("Allow", "POST"), ("Content-Type", "text/plain")])
        return [b"Send a file: curl --data-binary @FILE ADDRESS\n"]
    body, count = environ["wsgi.input"], 0
    while piece := body.read(PIECE):
        count += len(piece)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{count} bytes\n".encode()]
