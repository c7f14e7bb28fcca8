"""A scheme: its parts, started from the files in its folder."""

import http.client
import importlib.util
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.schemes.sites import MYWEB, ServedSite
from deploy.stack import parts, programs, templates
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, Stack, find_free_port, get_stack_directory, is_free, is_listening

HERE = Path(__file__).parent
VENV = Path(sys.executable).parent
PROCESSES = "2"  # processes for pages, in every scheme that can have more than one
FOUR = {"PAGES_ONE": 8885, "PAGES_TWO": 8886, "LIVE_ONE": 8887, "LIVE_TWO": 8888}  # ports of one address
PAGE_SECONDS = 5


class LightStack(Stack):
    """A stack with SQLite, so that trying a scheme needs neither PostgreSQL nor Redis."""

    def settings(self) -> dict[str, str]:
        data = get_stack_directory() / "data"
        data.mkdir(exist_ok=True)
        away = {"DATABASE_HOST": "", "REDIS_HOST": "", "MYWEB_SQLITE": str(data / "myweb.sqlite3")}
        return super().settings() | away


@dataclass
class SchemePlace:
    """The context of a scheme: its stack, the site that it serves, and changes for a trial.

    ``altered`` replaces values in the files; ``env`` is added to the environment of every part.
    """

    stack: Stack
    site: ServedSite = MYWEB
    altered: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {name: port if is_free(port) else find_free_port() for name, port in FOUR.items()}

    @property
    def bind(self) -> str:
        return f"127.0.0.1:{self.stack.port}"

    def values(self) -> dict[str, str]:
        """The values of ``${NAME}`` in the files."""
        module, _colon, name = self.site.wsgi.partition(":")
        return {
            "ROOT": str(ROOT),
            "RUN": str(get_stack_directory() / "run"),
            "FILES": str(get_stack_directory() / "schemes"),
            "VENV": str(VENV.parent),
            "LISTEN": self.bind,
            "PORT": str(self.stack.port),
            "STATIC_ROOT": str(get_stack_directory() / "static-root"),
            "WSGI": self.site.wsgi,
            "ALONE_WSGI": self.site.alone_wsgi,
            "WSGI_FILE": str(ROOT / f"{module.replace('.', '/')}.py"),
            "WSGI_BASE": f"{module.rpartition('.')[2]}.py",
            "WSGI_NAME": name,
            "PROCESSES": PROCESSES,
            "MAX_REQUESTS": self.site.limits,
            "HARAKIRI": "30",
            **{name: str(port) for name, port in self.ports.items()},
            **self.altered,
        }

    def fill(self, name: str, into: Path | None = None) -> Path:
        """Fills ``name.template`` of these folders, writes it, and returns the path."""
        path = into or get_stack_directory() / "schemes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (HERE / f"{name}.template").read_text(encoding="utf-8")
        path.write_text(templates.fill_template(text, self.values()), encoding="utf-8")
        return path

    def part(self, name: str, argv: Callable[[], list[str]], works: Callable[[], bool], **more: str) -> Part:
        """``more`` is added to its environment."""
        extra = {"PYTHONPATH": str(ROOT), "VIRTUAL_ENV": str(VENV.parent), **self.env, **more}
        return Part(name, self.stack, self.site.wsgi, lambda _stack: argv(), works, extra=extra)

    def front(self, name: str, argv: Callable[[], list[str]], **more: str) -> Part:
        """The part that browsers connect to."""
        part = self.part(name, argv, self.answers, **more)
        part.where, part.port = self.stack.address, self.stack.port
        return part

    def at(self, name: str, argv: Callable[[], list[str]], port: int) -> Part:
        """A part on a port, behind the proxy."""
        part = self.part(name, argv, lambda: not is_free(port))
        part.where, part.port = f"127.0.0.1:{port}", port
        return part

    def behind(self, name: str, argv: Callable[[], list[str]], path: Path, **more: str) -> Part:
        """A part on a unix socket, behind the proxy."""
        part = self.part(name, argv, lambda: is_listening(path), **more)
        part.where, part.leftovers = str(path), [path]
        return part

    def run(self, name: str) -> Path:
        return self.stack.run(name)

    def answers(self) -> bool:
        """Whether it serves the page."""
        address = f"{self.stack.address}{self.site.page}"
        try:
            with urllib.request.urlopen(address, timeout=PAGE_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, http.client.HTTPException):
            return False


@dataclass(frozen=True)
class Scheme:
    """``sockets`` names the server of WebSockets, empty if none. ``parts`` are in the order of their start."""

    name: str
    say: str
    sockets: str
    parts: Callable[[SchemePlace], list[Part]]
    programs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    hashed: bool = True  # its static files have a hash in their names and may be cached forever

    def require(self) -> None:
        """Raises :class:`StackError` with all missing programs and how to install them."""
        programs.require_programs(self.programs)
        if missing := [name for name in self.modules if not importlib.util.find_spec(name)]:
            pip = f"{VENV}/pip install -r deploy/schemes/requirements.txt"
            raise StackError(f"Not installed in this environment: {', '.join(missing)}: {pip}")


def find_script(name: str) -> str:
    """A program that pip installed beside this Python."""
    return str(VENV / name)


def list_process_ids(some: Iterable[Part]) -> list[int]:
    """The pids of all parts and their children."""
    found = [part.process for part in some]
    return [each.pid for process in found if process for each in process.family()]


def make_nginx_part(place: SchemePlace, template: str) -> Part:
    """nginx with the main configuration of deploy/nginx and its own site."""

    def argv() -> list[str]:
        for name in sorted((HERE / "front").glob("*.template")):
            place.fill(f"front/{name.stem}", get_stack_directory() / "nginx" / "front" / name.stem)
        place.fill(template, get_stack_directory() / "nginx" / "conf.d" / "myweb.conf")
        return parts.build_nginx_command_for(templates.get_frame_template())

    return place.front("nginx", argv)


def make_live_parts(place: SchemePlace, *names: str) -> list[Part]:
    """Daphne for the sockets of the site; the minimal view has none."""
    if place.site is not MYWEB:
        return []
    some = [parts.make_live_part(place.stack, name) for name in names or ("live1",)]
    for part in some:
        part.extra |= place.env
    return some
