"""``spawn-fcgi -n -s SOCKET -- python serve_fcgi.py MODULE:NAME``: serves a site on the socket of spawn-fcgi.

spawn-fcgi creates the socket and passes it as descriptor 0, as FastCGI specifies.
"""

import asyncio
import importlib
import sys
from pathlib import Path

from fcgisgi import run_wsgi_server

ROOT = Path(__file__).resolve().parents[3]
THREADS = 4  # pages at the same time, in one process: while one waits for the database, another is rendered


def main(words: list[str]) -> None:
    if len(words) != 1 or ":" not in words[0]:
        sys.exit("usage: spawn-fcgi ... -- python serve_fcgi.py myweb.wsgi:application")
    sys.path[0] = str(ROOT)
    module, _colon, name = words[0].partition(":")
    site = getattr(importlib.import_module(module), name)
    asyncio.run(run_wsgi_server(site, max_workers=THREADS))


if __name__ == "__main__":
    main(sys.argv[1:])
