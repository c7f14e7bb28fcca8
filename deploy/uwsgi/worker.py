"""Imported by each uWSGI worker if there are several releases: loads the one that MYWEB_CURRENT links to.

The master keeps the paths of the release that it was started with. The link is resolved once, because a worker that
follows it for each file could load files of two releases.
"""

import os
import sys
import time
import traceback
from pathlib import Path

import uwsgi

release = Path(os.environ["MYWEB_CURRENT"]).resolve()
os.chdir(release)
packages = release.glob(f".venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
sys.path[:0] = [str(release), *map(str, packages)]

try:
    from myweb.wsgi import application
except Exception:
    if uwsgi.workers()[uwsgi.worker_id() - 1]["respawn_count"] == 0:
        raise  # at the start of the site need-app stops uWSGI
    traceback.print_exc()
    time.sleep(1)  # uWSGI restarts the worker at once
    os._exit(1)  # with an import error, need-app would stop the other workers too

__all__ = ["application"]
