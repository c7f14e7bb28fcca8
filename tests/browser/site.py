"""The site under test: the one at MYWEB_TEST_URL, or a development server started here."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from deploy.stack.state import Stack
from deploy.stack.state import find_free_port as free_port
from tests.support.serving import ended

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0  # seconds until a server that does not answer counts as broken


@dataclass
class Site:
    url: str
    environment: dict[str, str] | None  # of manage.py beside it; None when nothing here can reach its database

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80

    @property
    def debug(self) -> bool:
        """Django's own pages for developers stand in for the site's error pages."""
        return bool(self.environment and self.environment["MYWEB_DEBUG"] == "yes")

    @property
    def has_mail(self) -> bool:
        return bool(self.environment and self.environment.get("EMAIL_HOST"))

    @property
    def has_database(self) -> bool:
        """The tests' own settings lead to the site's database."""
        own = settings.DATABASES["default"].get("PORT")
        theirs = self.environment or {}
        return bool(own and theirs.get("DATABASE_HOST") and theirs["DATABASE_PORT"] == str(own))

    @property
    def alias(self) -> str:
        """The same site by another name, which the browser looks up at the proxy."""
        return f"http://localhost:{self.address[1]}"

    def manage(self, *arguments: str) -> None:
        if self.environment is None:
            pytest.skip("needs manage.py beside the site; MYWEB_TEST_URL names one without MYWEB_STACK_DIR")
        argv = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(argv, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}:\n{done.stdout}{done.stderr}"


def given(url: str) -> Site:
    if "MYWEB_STACK_DIR" not in os.environ:
        return Site(url, None)
    return Site(url, Stack.open().environment())


@contextmanager
def development_server(folder: Path, **more: str) -> Iterator[Site]:
    """``more`` stands in its environment."""
    port = free_port()
    site = Site(f"http://127.0.0.1:{port}", os.environ | environment(folder, port) | more)
    site.manage("migrate", "--noinput", "--verbosity", "0")
    argv = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    log = folder / "server.log"
    collect, work = ([sys.executable, "manage.py", name, "--with-parent"] for name in ("collect", "worker"))
    with log.open("w") as out:
        server, collector, worker = (
            subprocess.Popen(each, cwd=ROOT, env=site.environment, stdout=out, stderr=subprocess.STDOUT)
            for each in (argv, collect, work)
        )
    with ended(collector), ended(worker), ended(server):
        wait_for(site, server, log)
        yield site


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "MYWEB_DEBUG": "yes",
        "MYWEB_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
        "MYWEB_SQLITE": str(folder / "site.sqlite3"),
        "MYWEB_ORIGINS": f"http://127.0.0.1:{port} http://localhost:{port}",
        "MYWEB_OPEN_SIGNUP": "no",
        "MYWEB_COMMANDS": "yes",
        "MYWEB_PUSH_PRIVATE": "yes",
        "MYWEB_PREVIEW_PRIVATE": "yes",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": "9",  # nothing listens there: the pages are tested, no mail is sent
        "DATABASE_HOST": "",
        "REDIS_HOST": "",
    }


def wait_for(site: Site, server: subprocess.Popen[bytes], log: Path) -> None:
    """Asks until it answers; nothing else tells when a server is ready."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{site.url}/healthz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"The development server does not answer:\n{log.read_text()}")
