"""The room page in Chromium: its first load over a slow line, without a network, and how it reacts afterwards."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.testbed import Testbed

HELP = "the room page in Chromium: cold and warm load over a slow line, switching rooms, typing, memory"
UNIT = "one visitor"
ROOMS = 2  # the long one, and another to switch to
OTHERS = 300  # messages of the other


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--loads", type=int, default=5, help="cold and warm loads; the median counts (default: 5)")
    parser.add_argument("--messages", type=int, default=17_000, help="scrolled before the heap is read")
    parser.add_argument("--switches", type=int, default=20, help="room switches; the median counts (default: 20)")
    parser.add_argument("--keys", type=int, default=200, help="keystrokes (default: 200)")


def name(_options: Namespace) -> str:
    return "page"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    from bench.browser import Visitor, launch_browser  # Playwright, which only this scenario needs

    env = myweb.environment(testbed)
    workspace = myweb.fill(env, 8, ROOMS, ROOMS)
    long, other = workspace.rooms
    myweb.talk(env, long, options.messages)
    myweb.talk(env, other, OTHERS)
    with myweb.front(testbed) as site, launch_browser() as browser:
        visitor = Visitor(browser, site.address, workspace.cookies[0])
        measured = visitor.measure_loads(other, options.loads)
        measured |= visitor.measure_offline(other, options.loads)
        measured |= visitor.measure_switches([long, other], options.switches)
        measured |= visitor.measure_keystrokes(other, options.keys)
        measured |= visitor.measure_heap(long, options.messages)
    row("room page", measured)
