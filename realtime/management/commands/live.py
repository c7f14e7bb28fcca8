import asyncio
import contextlib
import gc
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from myweb.page_server import PageServer

# The listen backlog; net.core.somaxconn may limit it further. After a restart thousands of clients connect at once.
# The kernel of a client that finds no place tries again after 1, 3, 7, ... seconds.
BACKLOG = 4096
DRAIN_SECONDS = 5.0  # over which sockets are closed at a shutdown, so that their clients do not all return at once
PAGES_STOP_SECONDS = 10.0  # to finish running requests
GARBAGE = 20_000  # new objects until the youngest generation is collected


class Command(BaseCommand):
    help = (
        "Serves the sockets at /ws/. Pages are served elsewhere (uWSGI), unless --pages-socket is given; in "
        "development runserver does both."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (default: 8001, unless --unix-socket is given)")
        parser.add_argument("--unix-socket", metavar="PATH", help="listen on a unix socket instead of a port")
        parser.add_argument(
            "--pages-socket",
            metavar="PATH",
            help="serve the pages too, to nginx at this unix socket by the uwsgi protocol; for small hosts",
        )
        parser.add_argument(
            "--drain-seconds",
            type=float,
            default=DRAIN_SECONDS,
            help=f"seconds to close the sockets on shutdown (default: {DRAIN_SECONDS:g})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Twisted makes its reactor, and with it the loop, at the first import: so import it after the loop is chosen.
        with contextlib.suppress(ImportError):
            import uvloop

            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        from daphne.endpoints import build_endpoint_description_strings

        from realtime import predecessor
        from realtime.consumers import SocketConsumer
        from realtime.server import LiveServer
        from realtime.watchdog import Watchdog

        path = options["unix_socket"]
        if path and not os.access(os.path.dirname(os.path.abspath(path)), os.W_OK):  # noqa: PTH100, PTH120
            raise CommandError(f"{path}: its directory does not exist or is not writable.")
        if path and predecessor.is_listening(Path(path)):
            raise CommandError(f"{path}: another process listens there.")
        if path:
            predecessor.remove_leftovers(Path(path))
        where = {"unix_socket": path} if path else {"host": options["host"], "port": options["port"] or 8001}
        pages = None
        if options["pages_socket"]:
            pages = PageServer(import_string(settings.WSGI_APPLICATION), options["pages_socket"])
        # Sockets live for hours. The default threshold of some hundred objects made the collector visit all of them: a
        # fifth of the work after a restart. Objects made until here are never visited again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE, 20, 50)
        LiveServer(
            SocketConsumer.as_asgi(),
            endpoints=[f"{endpoint}:backlog={BACKLOG}" for endpoint in build_endpoint_description_strings(**where)],
            watchdog=Watchdog(settings.WATCHDOG_SECONDS),
            drain_seconds=options["drain_seconds"],
            pages=pages,
            verbosity=options["verbosity"],
        ).run()
        if pages:
            pages.stop(PAGES_STOP_SECONDS)
