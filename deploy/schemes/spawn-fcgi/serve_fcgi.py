"""``spawn-fcgi -n -s SOCKET -- python serve_fcgi.py MODULE:NAME``: a site behind the socket of spawn-fcgi.

spawn-fcgi makes the socket and hands it over as descriptor 0, as CGI programs have been started since FastCGI was new.
"""

import asyncio
import importlib
import sys
from pathlib import Path

from fcgisgi import run_wsgi_server

ROOT = Path(__file__).resolve().parents[3]
THREADS = 4  # pages at once, in one process: while one waits for the database another one is made


def main(words: list[str]) -> None:
    if len(words) != 1 or ":" not in words[0]:
        sys.exit("usage: spawn-fcgi ... -- python serve_fcgi.py myweb.wsgi:application")
    sys.path[0] = str(ROOT)
    module, _colon, name = words[0].partition(":")
    site = getattr(importlib.import_module(module), name)
    asyncio.run(run_wsgi_server(site, max_workers=THREADS))


if __name__ == "__main__":
    main(sys.argv[1:])
