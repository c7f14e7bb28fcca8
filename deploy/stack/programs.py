"""Finds the programs of the servers. In Debian some of them are not in PATH."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from deploy.stack.errors import StackError

PACKAGES = {"postgres": "postgresql", "redis": "redis-server", "nginx": "nginx"}
# For the other schemes. apache2-bin has no service that would start by itself.
OTHERS = {"apache2": "apache2-bin libapache2-mod-wsgi-py3", "spawn-fcgi": "spawn-fcgi"}
SYSTEM = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def find_newest_postgres(name: str) -> str | None:
    """Each version has its own directory."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(found[-1]) if found else shutil.which(name)


def find_program(name: str) -> str | None:
    match name:
        case "postgres" | "initdb":
            return find_newest_postgres(name)
        case "redis":
            return shutil.which("redis-server") or shutil.which("valkey-server")
        case "web":
            return shutil.which("uwsgi", path=str(Path(sys.executable).parent))
        case _:
            return shutil.which(name, path=SYSTEM)


def get_program(name: str) -> str:
    found = find_program(name)
    if not found:
        require_programs([name])
        raise StackError(f"{name} is not installed.")
    return found


def require_programs(parts: Iterable[str]) -> None:
    """Names all missing programs in one sentence, before anything starts."""
    packages = PACKAGES | OTHERS
    missing = [packages[name] for name in parts if name in packages and not find_program(name)]
    if missing:
        raise StackError(f"not installed on this machine: apt-get install -y {' '.join(missing)} (as root).")
    if "web" in parts and not find_program("web"):
        pip = f"{Path(sys.executable).parent}/pip install -r requirements.txt"
        raise StackError(f"uWSGI is not installed: {pip} (it is compiled: apt-get install -y gcc python3-dev).")
