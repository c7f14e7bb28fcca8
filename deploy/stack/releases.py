"""The releases of a stack: ``current`` links to the code and its static files; ``bin/stack release`` replaces it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from deploy import statics, uwsgi_reload
from deploy.compress import compress_files
from deploy.stack import parts, templates
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.process import wait_until
from deploy.stack.state import ROOT, Stack, get_current_link, get_stack_directory

TIMEOUT = 20  # seconds for the first page of new code


def prepare_release(stack: Stack, source: Path) -> Path:
    """Prepares a new release beside the current one: its tables, which the old code tolerates, and its static files."""
    home = get_stack_directory() / "releases"
    release = next(path for number in count(1) if not (path := home / str(number)).exists())
    release.mkdir(parents=True)
    (release / "code").symlink_to(source)
    files = release / "static-root"
    parts.run_manage(stack, "collectstatic", "--noinput", source=source, MYWEB_STATIC_ROOT=str(files))
    compress_files(files)
    statics.publish_files(files, get_stack_directory() / "static-root")
    return release


def activate_release(release: Path) -> None:
    """Replaces the link atomically."""
    fresh = get_current_link().with_name("current.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(release)
    fresh.replace(get_current_link())


def activate_checkout(stack: Stack) -> None:
    """Makes this code the release while no server runs."""
    parts.run_manage(stack, "migrate", "--noinput", source=ROOT)
    activate_release(prepare_release(stack, ROOT))


def release_stack(stack: Stack, source: Path) -> None:
    if not (source / "manage.py").exists():
        raise StackError(f"{source} holds no manage.py: name a checkout of myweb.")
    if down := [part.name for part in parts.list_parts(stack) if not part.process]:
        raise StackError(f"{', '.join(down)} does not run: bin/stack up first.")
    print_step("checking the new code")
    parts.run_manage(stack, "shell", "-v", "0", "-c", "import myweb.wsgi, myweb.asgi", source=source)
    print_step("migrating")
    parts.run_manage(stack, "migrate", "--noinput", source=source)
    print_step("static files")
    fresh = prepare_release(stack, source)
    with roll_back_on_error(stack):
        activate_release(fresh)
        restart_parts(stack, parts.list_parts(stack))


@contextmanager
def roll_back_on_error(stack: Stack) -> Iterator[None]:
    before = get_current_link().resolve()
    try:
        yield
    except (StackError, uwsgi_reload.ReloadTimeout, OSError) as error:
        activate_release(before)
        every = parts.list_parts(stack)
        with suppress(StackError, uwsgi_reload.ReloadTimeout, OSError):
            for part in every:
                part.start()
                part.wait()
            if not isinstance(error, uwsgi_reload.ReloadTimeout):  # a worker that could not start recovers by itself
                restart_parts(stack, every)
        raise StackError(f"{error}\nThe release was rolled back; the code of before is current again.") from None


def restart_parts(stack: Stack, every: list[Part]) -> None:
    """Restarts them one after another, so that one of them always responds."""
    named = {part.name: part for part in every}
    print_step("web, one worker after another")
    uwsgi_reload.replace_workers(stack.run("web.sock.fifo"), str(stack.stats))
    if not wait_until(named["web"].works, TIMEOUT):
        named["web"].fail("has the new code and does not respond")
    for name in (*templates.LIVE, "collector", "worker"):
        print_step(name)
        if not named[name].stop():
            print(f"{name} did not exit after SIGTERM and was killed")
        named[name].start()
        named[name].wait()
    if templates.has_changed_config(stack):  # a reload ends old sockets after a while, so only after a change
        print_step("nginx")
        templates.write_config(stack)
        if master := named["nginx"].process:
            master.signal(signal.SIGHUP)


def print_step(what: str) -> None:
    print(f"{what} ...", flush=True)
