"""Copies code to /opt/myweb/releases, checks it there, and puts it into service without downtime."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from deploy.host.changes import HostError, Machine
from deploy.host.site import CODE, DATA, RUN, HostSite

ROOT = Path(__file__).resolve().parents[2]
RELEASES, CURRENT, NEXT, PREVIOUS = CODE / "releases", CODE / "current", CODE / "next", CODE / "previous"
KEPT_RELEASES = 4  # releases, including the current one
LEFT_OUT = {".git", ".venv", "var", "static-root", "node_modules", "tests", "bench", "docs", "__pycache__"}


def make_release_name() -> str:
    """The commit, with the time if there are uncommitted changes; only the time without git."""
    try:
        commit = run_git("rev-parse", "--short=12", "HEAD").strip()
        clean = not run_git("status", "--porcelain").strip()
    except (OSError, subprocess.CalledProcessError):
        commit, clean = "release", False
    return commit if clean else f"{commit}-{time.strftime('%Y%m%d%H%M%S')}"


def run_git(*arguments: str) -> str:
    # git would refuse a checkout of another user than root.
    words = ["git", "-c", f"safe.directory={ROOT}", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def copy_checkout(machine: Machine) -> Path:
    """A copy of this checkout with its environment, which only root can change."""
    if ROOT.parent == RELEASES:  # a release that goes into service again
        return ROOT
    release = RELEASES / make_release_name()
    machine.step(f"the code, into {release}")
    machine.folder(RELEASES)
    if not release.exists() and not machine.dry:
        coming = RELEASES / f".{release.name}"
        shutil.rmtree(coming, ignore_errors=True)
        shutil.copytree(ROOT, coming, ignore=lambda _folder, names: LEFT_OUT & {*names} | {*names} & {".env"})
        coming.rename(release)
    install_requirements(machine, release)
    return release


def install_requirements(machine: Machine, release: Path) -> None:
    """Releases with the same requirements share one environment."""
    wanted = (ROOT / "requirements.txt").read_bytes() + sys.version.encode()
    home = CODE / "environments" / hashlib.sha256(wanted).hexdigest()[:12]
    if not (home / "complete").exists():
        machine.step("Python packages; uWSGI is compiled")
        machine.run(sys.executable, "-m", "venv", "--clear", str(home))
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
        machine.run(*pip, "-r", str(ROOT / "requirements.txt"))
        machine.write(home / "complete", "")
    machine.link(release / ".venv", home)


def build_release(machine: Machine, release: Path) -> None:
    """Compiles bytecode and collects static files beside the code; neither needs the site's secrets."""
    machine.step("static files")
    python = str(release / ".venv" / "bin" / "python")
    files = release / "static-root"
    machine.run(python, "-m", "compileall", "-q", str(release), cwd=release)
    if not (files / "staticfiles.json").exists():
        unused = {"MYWEB_SECRET_KEY": "unused", "DATABASE_HOST": "", "REDIS_HOST": "", "MYWEB_STATIC_ROOT": str(files)}
        machine.run("npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", cwd=release)
        machine.run(python, "manage.py", "collectstatic", "--noinput", cwd=release, **unused)
        machine.run(python, "-m", "deploy.compress", str(files), cwd=release)
    machine.run(python, "-m", "deploy.statics", str(files), str(DATA / "static"), cwd=release)


def migrate_database(machine: Machine, release: Path) -> None:
    machine.step("the database")
    machine.link(NEXT, release)
    try:
        machine.run("systemctl", "start", "myweb-migrate.service")
    except HostError:
        said = read_journal("myweb-migrate.service")
        if CURRENT.exists():
            machine.link(NEXT, CURRENT.resolve())
        raise HostError(f"the database could not be migrated; nothing else was changed:\n{said}") from None


def read_journal(unit: str) -> str:
    words = ["journalctl", "-u", unit, "-n", "12", "--no-pager", "-o", "cat"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def start_release(machine: Machine, site: HostSite, release: Path) -> None:
    """The first start, or its repetition after an interruption."""
    machine.step("starting the site")
    machine.link(CURRENT, release)
    machine.run("systemctl", "restart", "myweb.target", *list_units(site))


def list_units(site: HostSite) -> list[str]:
    lives = [f"myweb-live@{number}.service" for number in site.lives]
    others = ["myweb-commands.socket", "myweb-collector.service", "myweb-worker.service", "myweb-backup.timer"]
    others += ["myweb-certificate.path"] if site.certificate else []
    return ["myweb-redis.service", "myweb-web.service", *lives, *others]


def replace_release(machine: Machine, site: HostSite, release: Path, stale: set[str]) -> None:
    """Restarts units one after another, including ``stale`` ones, which run with old settings."""
    before = CURRENT.resolve() if CURRENT.exists() else release
    machine.link(CURRENT, release)
    exchanged: list[tuple[str, ...]] = []
    try:
        for what, command in list_replacements(site, stale):
            machine.step(what)
            machine.run(*command, cwd=CURRENT)
            exchanged.append(command)
    except HostError as error:
        for link in (CURRENT, NEXT):
            machine.link(link, before)
        for command in exchanged:  # a failed unit recovers by itself
            with suppress(HostError):
                machine.run(*command, cwd=CURRENT)
        raise HostError(
            f"{error}\nThe release was rolled back: {before} is current again. Fix the error and try again."
        ) from None
    if before != release:
        machine.link(PREVIOUS, before)


def restore_previous(machine: Machine) -> NoReturn:
    """Runs the installer of the previous release, which brings its own units. The database stays migrated."""
    if not PREVIOUS.exists():
        raise HostError("there is no previous release.")
    machine.step(f"back to {PREVIOUS.resolve()}")
    os.execv(PREVIOUS.resolve() / "bin" / "install", ["bin/install", *(["--dry-run"] if machine.dry else [])])  # noqa: S606


def list_replacements(site: HostSite, stale: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The text that is printed, and the command."""
    restart, python = ("systemctl", "restart"), f"{CURRENT}/.venv/bin/python"
    if "myweb-redis.service" in stale:
        yield "Redis, with its new settings", (*restart, "myweb-redis.service")
    if "myweb-web.service" in stale:
        yield "web, with its new settings", (*restart, "myweb-web.service")
    else:
        chain = (python, "-m", "deploy.uwsgi_reload", f"{RUN}/web.sock.fifo", f"{RUN}/web-stats.sock")
        yield "web, one worker after another", chain
    origin = f"MYWEB_ORIGINS={site.origin}"
    yield "asking web", ("env", origin, python, "-m", "deploy.healthcheck", "web", f"{RUN}/web.sock", "20")
    for unit in list_units(site)[2:]:
        yield unit, (*restart, unit)


def remove_old_releases(machine: Machine) -> None:
    """Removes old releases and the environments that no release uses any more."""
    if machine.dry or not RELEASES.exists():
        return
    newest = sorted(RELEASES.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest[KEPT_RELEASES:]:
        if path not in {CURRENT.resolve(), PREVIOUS.resolve()}:
            machine.remove(path)
    used = {(path / ".venv").resolve() for path in RELEASES.iterdir()}
    for path in (CODE / "environments").iterdir():
        if path not in used:
            machine.remove(path)
