"""A WSGI site that says where it is, and which environment its packages come from: each has a module ``marker``."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

MARK = str(importlib.import_module("marker").MARK)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{MARK}, {Path.cwd()}".encode()]
