"""What each uWSGI worker imports where releases lie side by side: the one that MYWEB_CURRENT leads to at this moment.

The paths of the master stay those of the release that it was started from, and a link that a worker followed anew for
each file would give it half of the next release.
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
        raise  # the site is starting: need-app ends it
    traceback.print_exc()
    time.sleep(1)  # uWSGI tries again at once
    os._exit(1)  # with an import error, need-app would end the workers that serve, too

__all__ = ["application"]
