"""A WSGI site that says which environment its packages come from: each has a module ``marker`` of its own."""

import importlib
from collections.abc import Callable, Iterable
from typing import Any

MARK = str(importlib.import_module("marker").MARK)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [MARK.encode()]
