"""Apache: which mod_wsgi fits this Python, and the user that it runs as."""

import os
import pwd
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from deploy.schemes.scheme import VENV, SchemePlace, make_live_parts
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.programs import get_program
from deploy.stack.state import ROOT, get_stack_directory
from deploy.stack.stores import check_reachable_by

MODULES = Path("/usr/lib/apache2/modules")
DEBIAN = MODULES / "mod_wsgi.so"  # of libapache2-mod-wsgi-py3
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def apache_parts(place: SchemePlace) -> list[Part]:
    user = find_unprivileged_user()

    def argv() -> list[str]:
        place.altered = {**find_wsgi_module(user), **place.altered}
        config = place.fill("apache/httpd.conf")
        give_files_to(user)
        return [get_program("apache2"), "-D", "FOREGROUND", "-f", str(config)]

    front = place.front("apache", argv)
    front.user = user
    front.leftovers = [place.run("httpd.pid")]
    return [*make_live_parts(place), front]


def find_unprivileged_user() -> str | None:
    """mod_wsgi refuses to run a site as root."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("www-data").pw_name
    except KeyError:
        raise StackError("Apache needs its user www-data when you are root: apt-get install -y apache2-bin.") from None


def find_wsgi_module(user: str | None) -> dict[str, str]:
    """The values for the file. Debian's module serves a .venv of the same Python; pip's is built for this one."""
    common = {"MODULES": str(MODULES), "PACKAGES": sysconfig.get_path("purelib")}
    if find_debian_python() == VERSION:
        return common | {"MOD_WSGI": str(DEBIAN), "PYTHON_HOME": "/usr"}
    express = VENV / "mod_wsgi-express"
    if not express.exists():
        raise StackError(
            f"no mod_wsgi for Python {VERSION}: apt-get install -y apache2-dev gcc (as root), then "
            f"{VENV}/pip install -r deploy/schemes/requirements-apache.txt"
        )
    if user:
        check_reachable_by(user, Path(sys.base_prefix), "Apache", "create .venv with a Python that every user can run")
    done = subprocess.run([express, "module-location"], capture_output=True, text=True, check=True)
    return common | {"MOD_WSGI": done.stdout.strip(), "PYTHON_HOME": str(VENV.parent)}


def find_debian_python() -> str:
    """The Python version of the package, from its name, such as 3.11; empty if it is not installed."""
    found = [re.search(r"-(\d\.\d+)$", path.name) for path in MODULES.glob("mod_wsgi.so-*")]
    return next((match[1] for match in found if match), "")


def give_files_to(user: str | None) -> None:
    """As root: gives Apache's user the files that it writes. The socket server, run by root, writes there too."""
    if not user:
        return
    check_reachable_by(
        user, ROOT, "Apache", "move the checkout to a directory that every user can enter, such as /srv/myweb"
    )
    check_reachable_by(user, get_stack_directory(), "Apache")
    for path in (
        get_stack_directory() / "run",
        get_stack_directory() / "data",
        *(get_stack_directory() / "data").glob("*"),
    ):
        if path.exists():
            shutil.chown(path, user, user)
    for path in (get_stack_directory() / "run").glob("*.sock"):
        shutil.chown(path, user, user)
