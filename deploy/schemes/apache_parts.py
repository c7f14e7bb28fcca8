"""Apache: which mod_wsgi fits this Python, and the user that it runs as."""

import os
import pwd
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from deploy.schemes.scheme import VENV, Place, lives
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.programs import program
from deploy.stack.state import ROOT, directory
from deploy.stack.stores import reachable_by

MODULES = Path("/usr/lib/apache2/modules")
DEBIAN = MODULES / "mod_wsgi.so"  # of libapache2-mod-wsgi-py3
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def apache(place: Place) -> list[Part]:
    user = unprivileged()

    def argv() -> list[str]:
        place.altered = {**wsgi_module(user), **place.altered}
        config = place.fill("apache/httpd.conf")
        hand_over(user)
        return [program("apache2"), "-D", "FOREGROUND", "-f", str(config)]

    front = place.front("apache", argv)
    front.user = user
    front.leftovers = [place.run("httpd.pid")]
    return [*lives(place), front]


def unprivileged() -> str | None:
    """mod_wsgi refuses to run a site as root."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("www-data").pw_name
    except KeyError:
        raise StackError("Apache needs its user www-data when you are root: apt-get install -y apache2-bin.") from None


def wsgi_module(user: str | None) -> dict[str, str]:
    """The values for the file. Debian's module serves a .venv of the same Python; pip's is built for this one."""
    common = {"MODULES": str(MODULES), "PACKAGES": sysconfig.get_path("purelib")}
    if debians_python() == VERSION:
        return common | {"MOD_WSGI": str(DEBIAN), "PYTHON_HOME": "/usr"}
    express = VENV / "mod_wsgi-express"
    if not express.exists():
        raise StackError(
            f"no mod_wsgi for Python {VERSION}: apt-get install -y apache2-dev gcc (as root), then "
            f"{VENV}/pip install -r deploy/schemes/requirements-apache.txt"
        )
    if user:
        reachable_by(user, Path(sys.base_prefix), "Apache", "create .venv with a Python that every user can run")
    done = subprocess.run([express, "module-location"], capture_output=True, text=True, check=True)
    return common | {"MOD_WSGI": done.stdout.strip(), "PYTHON_HOME": str(VENV.parent)}


def debians_python() -> str:
    """The Python version of the package, from its name, such as 3.11; empty if it is not installed."""
    found = [re.search(r"-(\d\.\d+)$", path.name) for path in MODULES.glob("mod_wsgi.so-*")]
    return next((match[1] for match in found if match), "")


def hand_over(user: str | None) -> None:
    """As root: gives Apache's user the files that it writes. The socket server, run by root, writes there too."""
    if not user:
        return
    reachable_by(user, ROOT, "Apache", "move the checkout to a directory that every user can enter, such as /srv/myweb")
    reachable_by(user, directory(), "Apache")
    for path in (directory() / "run", directory() / "data", *(directory() / "data").glob("*")):
        if path.exists():
            shutil.chown(path, user, user)
    for path in (directory() / "run").glob("*.sock"):
        shutil.chown(path, user, user)
