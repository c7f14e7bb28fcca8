"""``bin/bench``: runs the scenarios one after another, prints tables and saves JSON."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from bench import live_table, report
from bench.machine import machine
from bench.scenarios import (
    backup,
    checks,
    connections,
    dashboards,
    fanout,
    files,
    idle,
    latency,
    page,
    pages,
    posts,
    reach,
    rooms,
    schemes,
    search,
    soak,
    store,
    tasks,
    year,
)
from bench.testbed import BenchError, open_testbed
from deploy.stack.errors import StackError

SCENARIOS: dict[str, Any] = {
    "fanout": fanout,
    "posts": posts,
    "connections": connections,
    "latency": latency,
    "page": page,
    "pages": pages,
    "rooms": rooms,
    "dashboards": dashboards,
    "soak": soak,
    "store": store,
    "backup": backup,
    "checks": checks,
    "tasks": tasks,
    "reach": reach,
    "files": files,
    "search": search,
    "idle": idle,
    "year": year,
    "schemes": schemes,
}
# What docs/benchmarks.md shows; `bin/bench all` runs it.
EVERYTHING = (
    "fanout --sockets 1000 --inflight 4",
    # The tutorial's chat needs many minutes for 400,000 deliveries, on either channel layer.
    "fanout --sockets 1000 --inflight 400 --peers socket.io,ws,gorilla,centrifuge,nchan,nchan-nodelay,send-loop",
    "fanout --sockets 100 --inflight 4",
    "fanout --sockets 5000 --inflight 4 --peers ws,gorilla,centrifuge,nchan,nchan-nodelay,send-loop",
    "posts --inflight 1",
    "posts --inflight 16",
    "posts --inflight 16 --on sqlite",
    "posts --over http",
    "latency",
    "page",
    "pages",
    "rooms",
    "connections",
    "dashboards",
    "backup",
    "checks",
    "tasks",
    "reach",
    "files",
    "search",
    "idle",
    "year",
    "schemes --seconds 3",
)
RESULTS = Path(__file__).with_name("results")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        "bin/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = top.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")
    for verb, module in SCENARIOS.items():
        one = verbs.add_parser(verb, help=module.HELP, description=module.HELP)
        common(one, sorted(getattr(module, "PEERS", {})))
        module.arguments(one)
    every = verbs.add_parser("all", help="all that docs/benchmarks.md shows, kept under bench/results (half an hour)")
    common(every, [])
    verbs.add_parser("report", help="make docs/benchmarks.md, its charts and the sizes in docs/deploy.md")
    return top


def common(one: argparse.ArgumentParser, peers: list[str]) -> None:
    one.add_argument("--seconds", type=float, default=5, help="length of each measurement (default: %(default)g)")
    one.add_argument("--cpus", default="0,1", metavar="SERVER,CLIENT", help="cores (default: 0,1)")
    one.add_argument("--json", type=Path, metavar="FILE", help="write the result there")
    one.add_argument("--keep", action="store_true", help="write the result into bench/results")
    if peers:
        one.add_argument("--peers", default="all", metavar="all|none|NAME,...", help=f"of {', '.join(peers)}")


def chosen_peers(module: Any, words: str) -> list[str]:
    known = list(getattr(module, "PEERS", {}))
    if words in {"all", "none"}:
        return known if words == "all" else []
    asked = [word.strip() for word in words.split(",") if word.strip()]
    if unknown := sorted(set(asked) - set(known)):
        raise BenchError(f"--peers: there is no {', '.join(unknown)}; there are {', '.join(known)}.")
    return asked


def cores(words: str) -> tuple[int, int]:
    try:
        server, client = (int(word) for word in words.split(","))
    except ValueError:
        raise BenchError(f"--cpus {words}: two numbers of cores, like 0,1.") from None
    return server, client


def measure(options: argparse.Namespace) -> dict[str, Any]:
    module = SCENARIOS[options.scenario]
    options.peers = chosen_peers(module, getattr(options, "peers", "none"))
    shown = {name: value for name, value in vars(options).items() if name not in {"scenario", "json", "keep"}}
    result: dict[str, Any] = {"scenario": options.scenario, "options": shown, "unit": module.UNIT}
    result |= {"machine": machine(), "bound_by": "server", "rows": []}
    result["commit"] = result["machine"].pop("commit")
    print(live_table.title(result), flush=True)

    def row(name: str, measured: dict[str, Any]) -> None:
        result["rows"].append({"name": name, **measured})
        print(live_table.line(result["rows"][-1]), flush=True)

    with open_testbed(*cores(options.cpus)) as place:
        module.run(place, options, row)
    result["bound_by"] = result["rows"][0].get("bound_by", "server")
    return result


def keep(result: dict[str, Any], options: argparse.Namespace) -> None:
    paths = [options.json] if options.json else []
    if options.keep:
        RESULTS.mkdir(exist_ok=True)
        paths.append(RESULTS / f"{SCENARIOS[options.scenario].name(options)}.json")
    for path in paths:
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def one(words: list[str]) -> None:
    options = parser().parse_args(words)
    keep(measure(options), options)


def main(words: list[str]) -> None:
    options = parser().parse_args(words)
    if options.scenario == "report":
        report.write(RESULTS)
    elif options.scenario == "all":
        for scenario in EVERYTHING:
            name, *its_own = scenario.split()
            one([name, "--keep", "--seconds", f"{options.seconds:g}", "--cpus", options.cpus, *its_own])
        report.write(RESULTS)
    else:
        one(words)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))  # stops all servers first, as Ctrl-C does
    try:
        main(sys.argv[1:])
    except (BenchError, StackError) as error:
        sys.exit(f"bin/bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
