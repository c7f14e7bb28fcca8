"""``spawn-fcgi -n -s SOCKET -- python serve_fcgi.py MODULE:NAME REQUESTS``: a site behind the socket of spawn-fcgi.

spawn-fcgi makes the socket and hands it over as descriptor 0, as CGI programs have been started since FastCGI was new.
"""

import importlib
import sys
from pathlib import Path

from flup.server.fcgi_fork import WSGIServer

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = 2


def main(words: list[str]) -> None:
    if len(words) != 2 or ":" not in words[0] or not words[1].isdigit():
        sys.exit(
            "usage: spawn-fcgi ... -- python serve_fcgi.py myweb.wsgi:application 5000 (requests a process; 0: no end)"
        )
    sys.path[0] = str(ROOT)
    module, _colon, name = words[0].partition(":")
    site = getattr(importlib.import_module(module), name)
    # Without the debug page, which would show a traceback to people.
    spare = {"minSpare": 1, "maxSpare": PROCESSES, "maxChildren": PROCESSES}
    WSGIServer(site, debug=False, maxRequests=int(words[1]) or sys.maxsize, **spare).run()


if __name__ == "__main__":
    main(sys.argv[1:])
