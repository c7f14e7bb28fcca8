"""The folder, ports and secrets of a stack, saved in ``stack.json`` so that parts can be restarted."""

import json
import os
import pwd
import shutil
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy import keys
from deploy.stack.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 80  # characters; the kernel allows 107 for the path of a unix socket, and file names need some


def get_stack_directory() -> Path:
    path = Path(os.environ.get("MYWEB_STACK_DIR") or ROOT / "var" / "stack").resolve()
    if len(str(path)) > LONGEST:
        raise StackError(
            f"{path} is too long for sockets; set MYWEB_STACK_DIR to a shorter path, such as /var/tmp/myweb."
        )
    return path


def get_current_link() -> Path:
    """The link to the current release: ``code`` and ``static-root``."""
    return get_stack_directory() / "current"


def get_current_code() -> Path:
    """The current checkout. A running process keeps its own if another becomes current."""
    return (get_current_link() / "code").resolve() if get_current_link().exists() else ROOT


def find_python(source: Path) -> str:
    own = source / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def is_free(port: int) -> bool:
    return not find_port_trouble(port)


def find_port_trouble(port: int) -> str:
    """Why no server of this user can listen there; empty if one can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return f"port {port} is reserved for root"
        except OSError:
            return f"port {port} is taken by something else"
        return ""


def port(text: str) -> int:
    """Parses a port of the command line; for argparse an error is "invalid port value"."""
    number = int(text)
    if not 0 < number < 2**16:
        raise ValueError(text)
    return number


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        return line.connect_ex(str(path)) == 0


def database_user() -> str | None:
    """PostgreSQL refuses to run as root; its package creates a user for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise StackError("PostgreSQL needs its user postgres when you are root: apt-get install postgresql.") from None


@dataclass
class Stack:
    port: int  # of nginx
    postgres: int
    redis: int
    secret_key: str
    postgres_password: str
    redis_password: str
    volatile: bool = False  # PostgreSQL without fsync, only for tests

    @classmethod
    def load(cls) -> "Stack | None":
        try:
            return cls(**json.loads((get_stack_directory() / "stack.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    @classmethod
    def open(cls) -> "Stack":
        stack = cls.load()
        if not stack:
            raise StackError(f"There is no stack in {get_stack_directory()}. Start one: bin/stack up.")
        return stack

    @classmethod
    def found(cls, port: int) -> "Stack":
        return cls(
            port=port,
            postgres=find_free_port(),
            redis=find_free_port(),
            secret_key=keys.generate_secret(),
            postgres_password=keys.generate_password(),
            redis_password=keys.generate_password(),
        )

    def save(self) -> None:
        home = get_stack_directory()
        for name in (".", "run", "logs", "nginx/conf.d", "static-root"):
            (home / name).mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)  # the database's user must be able to enter
        path = home / "stack.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, name: str) -> Path:
        return get_stack_directory() / "run" / name

    @property
    def stats(self) -> Path:
        """The socket of uWSGI's statistics: not a port, because another site may take it while uWSGI is down."""
        return self.run("web-stats.sock")

    @property
    def files(self) -> Path:
        return get_stack_directory() / "files"

    def log(self, name: str) -> Path:
        return get_stack_directory() / "logs" / f"{name}.log"

    def settings(self) -> dict[str, str]:
        """The environment of manage.py and the servers in this stack."""
        return {
            "MYWEB_DEBUG": "no",
            "MYWEB_SECRET_KEY": self.secret_key,
            "MYWEB_ORIGINS": f"{self.address} http://localhost:{self.port}",
            "MYWEB_STATIC_ROOT": str(get_current_link() / "static-root"),
            "MYWEB_FILES_ROOT": str(self.files),
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.postgres),
            "DATABASE_NAME": "myweb",
            "DATABASE_USER": "myweb",
            "DATABASE_PASSWORD": self.postgres_password,
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(self.redis),
            "REDIS_USERNAME": "",
            "REDIS_PASSWORD": self.redis_password,
            "REDIS_SENTINELS": "",
            "MYWEB_WEB_STATS": str(self.stats),
            "MYWEB_NGINX_STATUS": str(self.run("nginx-status.sock")),
            "MYWEB_NGINX_REQUESTS": str(self.run("requests.log")),
        }

    def environment(self) -> dict[str, str]:
        mine = self.settings()
        outside = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in mine}
        return outside | mine

    def erase(self) -> None:
        shutil.rmtree(get_stack_directory())
