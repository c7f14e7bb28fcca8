import argparse
import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path

from deploy.schemes.catalogue import ALL, SCHEMES
from deploy.schemes.scheme import LightStack, Scheme, SchemePlace
from deploy.stack import commands, releases
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, get_stack_directory, port

DESCRIPTION = """\
Serves the site in one of the ways of deploy/schemes until Ctrl-C, to try it and to read its configuration files.
Data are in SQLite, without Redis."""
EPILOG = """\
All files are in var/schemes/NAME, or in MYWEB_STACK_DIR: configuration, logs, data. --show
writes the files and prints the commands without starting anything."""


def build_scheme_parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {scheme.name:<17} {scheme.say}; sockets: {scheme.sockets or 'none'}" for scheme in ALL)
    top = argparse.ArgumentParser(
        "bin/scheme",
        description=f"{DESCRIPTION}\n\n{names}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("name", metavar="NAME", choices=SCHEMES, help="one of the above")
    top.add_argument("--port", type=port, default=8080, help="the port of the site (default: 8080)")
    top.add_argument("--show", action="store_true", help="only show how it would be started")
    return top


def resolve_place(scheme: Scheme, at: int) -> SchemePlace:
    os.environ.setdefault("MYWEB_STACK_DIR", str(ROOT / "var" / "schemes" / scheme.name))
    stack = LightStack.load() or LightStack.found(at)
    for part in scheme.parts(SchemePlace(stack)):
        part.stop()  # of a run that was killed
    stack.port = at
    stack.save()
    return SchemePlace(stack)


def print_parts(place: SchemePlace, some: list[Part]) -> None:
    print(f"set -a; . {write_shell_settings(place)}; set +a  # contains secrets; keep it private\n")
    for part in some:
        user = ["runuser", "-u", part.user, "--"] if part.user else []
        named = ["env", *(f"{name}={value}" for name, value in part.extra.items())] if part.extra else []
        print(f"# {part.name}: {part.where}", shlex.join([*named, *user, *part.argv(part.stack)]), "", sep="\n")
    print("# The first start without --show creates their database and static files.")


def write_shell_settings(place: SchemePlace) -> Path:
    """Writes the environment as a file for a shell."""
    path = get_stack_directory() / "settings"
    path.touch(mode=0o600)
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in place.stack.settings().items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def serve_scheme(place: SchemePlace, some: list[Part]) -> None:
    print("Preparing the database and the static files ...", flush=True)
    releases.activate_checkout(place.stack)
    try:
        commands.start_parts(some)
        print(f"\n{place.stack.address} (Ctrl-C ends it; logs: {get_stack_directory()}/logs)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the stop
        for part in reversed(some):
            part.stop()


def main(words: list[str]) -> None:
    options = build_scheme_parser().parse_args(words)
    scheme = SCHEMES[options.name]
    scheme.require()
    place = resolve_place(scheme, options.port)
    some = scheme.parts(place)
    if options.show:
        print_parts(place, some)
    else:
        commands.require_port(place.stack.port, f"bin/scheme {options.name}")
        serve_scheme(place, some)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))  # stops all servers first, as Ctrl-C does
    try:
        main(sys.argv[1:])
    except StackError as error:
        sys.exit(f"bin/scheme: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
