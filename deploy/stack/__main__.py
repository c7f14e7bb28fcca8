import argparse
import os
import sys
from pathlib import Path

from deploy.stack import commands
from deploy.stack.errors import StackError
from deploy.stack.state import port

DESCRIPTION = """\
The production setup on one machine, without containers: nginx in front of uWSGI (pages) and two Daphne processes
(sockets), PostgreSQL and Redis, from the same files in deploy/. Needs nginx, postgresql and redis-server."""
EPILOG = """\
parts: postgres redis live1 live2 web nginx collector worker
MYWEB_STACK_DIR has processes, logs and data (var/stack); stacks in different directories can run at the same time."""


def build_stack_parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        "bin/stack", description=DESCRIPTION, epilog=EPILOG, formatter_class=PlainHelpFormatter
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    up = verbs.add_parser("up", help="start what does not run yet, wait until it works, print the address")
    up.add_argument("--port", type=port, help="where nginx listens (8080, or as before)")
    up.add_argument("--volatile", action="store_true", help="faster and unsafe: PostgreSQL does not wait for the disk")
    up.add_argument("parts", nargs="*", help="only these")
    release = verbs.add_parser("release", help="deploy new code without downtime")
    release.add_argument("checkout", nargs="?", type=Path, help="where the new code is (this checkout)")
    verbs.add_parser("status", help="a line for each part; fails unless all work")
    logs = verbs.add_parser("logs", help="the end of the logs")
    logs.add_argument("--follow", "-f", action="store_true")
    logs.add_argument("parts", nargs="*")
    down = verbs.add_parser("down", help="stop every process of this stack; the data is kept")
    down.add_argument("--erase", action="store_true", help="also remove the data")
    actions = {
        "stop": "stop parts with SIGTERM",
        "kill": "stop parts with SIGKILL",
        "pause": "SIGSTOP: parts keep their connections and do not respond",
        "resume": "SIGCONT: paused parts continue",
    }
    start = verbs.add_parser("start", help="start parts again, or resume them")
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="for them alone")
    start.add_argument("parts", nargs="+")
    for verb, text in actions.items():
        verbs.add_parser(verb, help=text).add_argument("parts", nargs="+")
    verbs.add_parser("env", help='print the environment of this stack as a shell reads it: eval "$(bin/stack env)"')
    verbs.add_parser("manage", help="run a management command in this stack", add_help=False)
    return top


class PlainHelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the texts above."""


def run_stack_command(arguments: list[str]) -> int:
    if arguments[:1] == ["manage"]:
        commands.exec_manage(arguments[1:])  # manage.py parses its own options
    chosen = build_stack_parser().parse_args(arguments)
    match chosen.verb:
        case "up":
            commands.start_stack(chosen.port, chosen.volatile, chosen.parts)
        case "release":
            commands.release_checkout(chosen.checkout)
        case "status":
            return 0 if commands.print_status() else 1
        case "logs":
            commands.follow_logs(chosen.parts, chosen.follow)
        case "down":
            commands.stop_stack(chosen.erase)
        case "env":
            commands.print_environment()
        case "start":
            commands.start_named_parts(chosen.parts, chosen.set)
        case "stop":
            commands.stop_named_parts(chosen.parts)
        case verb:
            commands.signal_parts(verb, chosen.parts)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(run_stack_command(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"bin/stack: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of the pipe has closed it; discard what Python still writes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
