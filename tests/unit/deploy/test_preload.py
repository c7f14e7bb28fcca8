"""uWSGI's master loads the pages before it forks workers, see deploy/uwsgi/preload.py."""

import json
import subprocess
import sys

from deploy.stack.state import ROOT

LOADED = """
import json, sys, threading
from deploy.uwsgi.preload import application
from django.db import connections
from django.template import engines
print(json.dumps({
    "threads": len(threading.enumerate()),
    "connections": [each.connection for each in connections.all(initialized_only=True)],
    "views": "chat.room_views" in sys.modules,
    "templates": len(engines["django"].engine.template_loaders[0].get_template_cache),
}))
"""


def test_the_pages_are_loaded_and_nothing_is_open_when_workers_are_forked() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert loaded["threads"] == 1
    assert not any(loaded["connections"])
    assert loaded["views"]
    assert loaded["templates"] > 100
