"""``spawn-fcgi -n -s SOCKET -- python serve_fcgi.py MODULE:NAME``: a site behind the socket of spawn-fcgi.

spawn-fcgi makes the socket and hands it over as descriptor 0, as CGI programs have been started since FastCGI was new.
"""

import importlib
import sys
from pathlib import Path

from flup.server.fcgi_fork import WSGIServer

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = 2
REQUESTS = 5000  # of a process, until another one takes its place


def main(words: list[str]) -> None:
    if len(words) != 1 or ":" not in words[0]:
        sys.exit("usage: serve_fcgi.py MODULE:NAME, such as myweb.wsgi:application (started by spawn-fcgi)")
    sys.path[0] = str(ROOT)
    module, _colon, name = words[0].partition(":")
    site = getattr(importlib.import_module(module), name)
    # Without the debug page, which would show a traceback to people.
    WSGIServer(site, debug=False, minSpare=1, maxSpare=PROCESSES, maxChildren=PROCESSES, maxRequests=REQUESTS).run()


if __name__ == "__main__":
    main(sys.argv[1:])
