"""Each scheme of deploy/schemes on one core: a minimal view, the sign-in page, a static file, and sockets."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench import myweb, scheme_table
from bench.load.run import load
from bench.scenarios.pages import wrk
from bench.testbed import BenchError, Testbed, free_port, on_cpu
from deploy.schemes.catalogue import SCHEMES
from deploy.schemes.scheme import Scheme, SchemePlace, list_process_ids
from deploy.schemes.sites import HELLO, MYWEB, ServedSite
from deploy.stack import releases
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, get_stack_directory

HELP = "all schemes of deploy/schemes: a minimal view, the sign-in page, a static file, and sockets"
UNIT = "requests/s"
INFLIGHT = 4  # messages in flight
FILE = "realtime/socket"  # the script that every page loads
# At these rates the request limit would replace workers all the time.
LASTING = {"GUNICORN_CMD_ARGS": "--max-requests 0"}

Measured = dict[str, Any]


def arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(seconds=3.0)  # short, because there are 50 measurements
    parser.add_argument("--only", choices=list(SCHEMES), action="append", help="only this scheme; may be repeated")
    parser.add_argument("--sockets", type=int, default=1000, help="in one room (default: 1000)")


def name(options: Namespace) -> str:
    return "schemes" if not options.only else f"schemes-{'-'.join(options.only)}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    chosen = [SCHEMES[each] for each in options.only or SCHEMES]
    for scheme in chosen:
        scheme.require()  # check all schemes before the first measurement
    stack = testbed.stores()
    releases.activate_release(releases.prepare_release(stack, ROOT))
    trial = Trial(testbed, options, myweb.fill(myweb.environment(testbed), options.sockets))
    found = []
    for scheme in chosen:
        for asked, measured in trial.of(scheme):
            found.append({"scheme": scheme.name, "asked": asked, **measured})
            row(f"{scheme.name} {asked}", found[-1])
    print(*scheme_table.summary(found), sep="\n", flush=True)


@dataclass
class Trial:
    testbed: Testbed
    options: Namespace
    workspace: myweb.Workspace

    def of(self, scheme: Scheme) -> Iterator[tuple[str, Measured]]:
        with self.serving(scheme, HELLO) as (place, some):
            yield "hello", attempted(lambda: self.ask(place, some, "/"))
        with self.serving(scheme, MYWEB) as (place, some):
            yield "sign-in", attempted(lambda: self.ask(place, some, MYWEB.page))
            yield "static", attempted(lambda: self.ask(place, some, static_file(scheme)))
            if scheme.sockets:
                yield "sockets", attempted(lambda: self.talk(place, some)) | {"carried_by": scheme.sockets}
            else:
                yield "sockets", {"per_s": 0, "note": "no sockets"}

    @contextmanager
    def serving(self, scheme: Scheme, site: ServedSite) -> Iterator[tuple[SchemePlace, list[Part]]]:
        stack = self.testbed.stores()
        stack.port = free_port()
        place = SchemePlace(stack, site, {"MAX_REQUESTS": "0"}, {**myweb.WIDE, **LASTING})
        some = scheme.parts(place)
        try:
            with on_cpu(self.testbed.server_cpu):
                for part in some:
                    part.start()
            for part in some:
                part.wait()
            yield place, some
        finally:
            for part in reversed(some):
                part.kill()

    def ask(self, place: SchemePlace, some: list[Part], path: str) -> Measured:
        return wrk(
            self.testbed, place.stack.address + path, ["none=1"], lambda: list_process_ids(some), self.options.seconds
        )

    def talk(self, place: SchemePlace, some: list[Part]) -> Measured:
        """All sockets in one room, as in the scenario fanout."""
        asked = {
            "dialect": "myweb",
            "url": f"ws{place.stack.address.removeprefix('http')}/ws/",
            "origin": place.stack.address,
            "pids": list_process_ids(some),
            "cookies": self.workspace.cookies,
            "room": self.workspace.rooms[0],
            "sockets": self.options.sockets,
            "inflight": INFLIGHT,
            "seconds": self.options.seconds,
        }
        return load(self.testbed, "fanout", asked, self.options.seconds + 150)


def attempted(measure: Callable[[], Measured]) -> Measured:
    """If a scheme fails under load, its row says so and the others continue."""
    try:
        return measure()
    except BenchError as error:
        return {"per_s": 0, "note": f"failed: {error}"}


def static_file(scheme: Scheme) -> str:
    if not scheme.hashed:
        return f"/static/{FILE}.js"
    root = get_stack_directory() / "static-root"
    return "/static/" + str(next(root.glob(f"{FILE}.*.js")).relative_to(root))
