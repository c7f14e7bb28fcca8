"""Tornado with the WSGI site inside: ``serve.py MODULE:NAME --port N``. Threads render the pages."""

import argparse
import asyncio
import importlib
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, FallbackHandler, StaticFileHandler
from tornado.wsgi import WSGIContainer

ROOT = Path(__file__).resolve().parents[3]
THREADS = 4  # pages at the same time: they wait for the database, and the event loop must not
BODY = 2**24  # bytes of a request, such as the log of a job; Django refuses more than 2.5 MB of a form
HASHED = 365 * 24 * 3600  # seconds that a file with a hash in its name may be cached


class Files(StaticFileHandler):
    def get_cache_time(self, path: str, modified: object, mime_type: str) -> int:
        """Recognises the hash in the name: Tornado's own rule expects ``?v=``."""
        middle = Path(path).suffixes[-2:-1]
        return HASHED if middle and len(middle[0]) == 13 else 0


def trim_headers(site: Callable[..., Any]) -> Callable[..., Any]:
    """Removes the space that Django writes before cookies, which Tornado takes for a forged header."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [(name, value.strip()) for name, value in headers], *error)

        return site(environ, start)

    return serve


def make_application(site: str, files: str) -> Application:
    module, _colon, name = site.partition(":")
    pages = WSGIContainer(trim_headers(getattr(importlib.import_module(module), name)), ThreadPoolExecutor(THREADS))
    handlers = [(r"/static/(.*)", Files, {"path": files}), (r".*", FallbackHandler, {"fallback": pages})]
    return Application(handlers)  # type: ignore[arg-type]


async def serve_site(site: str, port: int, files: str) -> None:
    # xheaders stays off: there is no proxy whose X-Real-IP could be trusted.
    server = HTTPServer(make_application(site, files), max_body_size=BODY, idle_connection_timeout=65, body_timeout=15)
    server.listen(port, "127.0.0.1")
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    await end.wait()
    server.stop()
    await server.close_all_connections()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", help="such as deploy.schemes.wsgi:application")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--static", required=True, metavar="FOLDER", help="what collectstatic wrote")
    options = parser.parse_args()
    sys.path[0] = str(ROOT)
    asyncio.run(serve_site(options.site, options.port, options.static))


if __name__ == "__main__":
    main()
