"""The releases of a stack: ``current`` links to the code and its static files; ``bin/stack release`` replaces it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from deploy import chain, statics
from deploy.compress import compress
from deploy.stack import parts, templates
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.process import wait_until
from deploy.stack.state import ROOT, Stack, current, directory

TIMEOUT = 20  # seconds for the first page of new code


def lay(stack: Stack, source: Path) -> Path:
    """Prepares a new release beside the current one: its tables, which the old code tolerates, and its static files."""
    home = directory() / "releases"
    release = next(path for number in count(1) if not (path := home / str(number)).exists())
    release.mkdir(parents=True)
    (release / "code").symlink_to(source)
    files = release / "static-root"
    parts.manage(stack, "collectstatic", "--noinput", source=source, MYWEB_STATIC_ROOT=str(files))
    compress(files)
    statics.publish(files, directory() / "static-root")
    return release


def lead_to(release: Path) -> None:
    """Replaces the link atomically."""
    fresh = current().with_name("current.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(release)
    fresh.replace(current())


def prepare(stack: Stack) -> None:
    """Makes this code the release while no server runs."""
    parts.manage(stack, "migrate", "--noinput", source=ROOT)
    lead_to(lay(stack, ROOT))


def release(stack: Stack, source: Path) -> None:
    if not (source / "manage.py").exists():
        raise StackError(f"{source} holds no manage.py: name a checkout of myweb.")
    if down := [part.name for part in parts.every(stack) if not part.process]:
        raise StackError(f"{', '.join(down)} does not run: bin/stack up first.")
    tell("checking the new code")
    parts.manage(stack, "shell", "-v", "0", "-c", "import myweb.wsgi, myweb.asgi", source=source)
    tell("migrating")
    parts.manage(stack, "migrate", "--noinput", source=source)
    tell("static files")
    fresh = lay(stack, source)
    with way_back(stack):
        lead_to(fresh)
        exchange(stack, parts.every(stack))


@contextmanager
def way_back(stack: Stack) -> Iterator[None]:
    before = current().resolve()
    try:
        yield
    except (StackError, chain.Stuck, OSError) as error:
        lead_to(before)
        every = parts.every(stack)
        with suppress(StackError, chain.Stuck, OSError):
            for part in every:
                part.start()
                part.wait()
            if not isinstance(error, chain.Stuck):  # a worker that could not start recovers by itself
                exchange(stack, every)
        raise StackError(f"{error}\nThe release was rolled back; the code of before is current again.") from None


def exchange(stack: Stack, every: list[Part]) -> None:
    """Restarts them one after another, so that one of them always responds."""
    named = {part.name: part for part in every}
    tell("web, one worker after another")
    chain.exchange(stack.run("web.sock.fifo"), str(stack.stats))
    if not wait_until(named["web"].works, TIMEOUT):
        named["web"].fail("has the new code and does not respond")
    for name in (*templates.LIVE, "collector"):
        tell(name)
        if not named[name].stop():
            print(f"{name} did not exit after SIGTERM and was killed")
        named[name].start()
        named[name].wait()
    if templates.changed(stack):  # a reload ends old sockets after a while, so only after a change
        tell("nginx")
        templates.write(stack)
        if master := named["nginx"].process:
            master.signal(signal.SIGHUP)


def tell(what: str) -> None:
    print(f"{what} ...", flush=True)
