"""The commands of ``bin/stack``."""

import os
import shlex
from pathlib import Path

from deploy.stack import parts, programs, releases, stores
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, Stack, find_port_trouble, find_python, get_current_code, is_free

UNRESERVED = 1024  # the first port for users other than root
STORES = ("postgres", "redis")
ACTIONS = {"kill": Part.kill, "pause": Part.pause, "resume": Part.resume}


def select_parts(stack: Stack, names: list[str]) -> list[Part]:
    every = parts.list_parts(stack)
    known = [part.name for part in every]
    if unknown := sorted(set(names) - set(known)):
        raise StackError(f"There is no part {', '.join(unknown)}; there are {', '.join(known)}.")
    return [part for part in every if not names or part.name in names]


def resolve_stack(port: int | None, volatile: bool) -> Stack:
    """The saved stack to start; ports that other processes have taken are replaced."""
    stack = Stack.load() or Stack.found(port or 8080)
    stack.volatile = volatile
    running = {part.name for part in parts.list_parts(stack) if part.process}
    if port and port != stack.port:
        if "nginx" in running:
            raise StackError(f"This stack already runs on port {stack.port}: bin/stack down first.")
        stack.port = port
    if "nginx" not in running:
        require_port(stack.port, "bin/stack up")
    fresh = Stack.found(stack.port)
    for name in STORES:
        if name not in running and not is_free(getattr(stack, name)):
            setattr(stack, name, getattr(fresh, name))
    stack.save()
    return stack


def require_port(port: int, command: str) -> None:
    if trouble := find_port_trouble(port):
        other = port + 1 if port >= UNRESERVED else 8080
        raise StackError(f"{trouble[0].upper()}{trouble[1:]}: {command} --port {other}.")


def start_parts(some: list[Part]) -> None:
    for part in some:
        part.start()
    for part in some:
        part.wait()
        print(f"{part.name:9} {part.state():28} {part.where}", flush=True)


def start_stack(port: int | None, volatile: bool, names: list[str]) -> None:
    programs.require_programs(names or [*programs.PACKAGES, "web"])
    stack = resolve_stack(port, volatile)
    wanted = select_parts(stack, names)
    keepers = [part for part in wanted if part.name in STORES]
    if any(part.name == "postgres" for part in keepers):
        stores.make_cluster(stack)
    start_parts(keepers)
    if any(part.name == "postgres" for part in keepers):
        stores.make_database(stack)
    servers = [part for part in wanted if part.name not in STORES]
    if servers and not any(part.process for part in servers):
        releases.activate_checkout(stack)
    start_parts(servers)
    if any(part.name == "nginx" for part in servers):
        print(f"\n{stack.address}")


def release_checkout(checkout: Path | None) -> None:
    stack = Stack.open()
    releases.release_stack(stack, (checkout or ROOT).resolve())
    print(f"\n{stack.address} serves {get_current_code()}")


def stop_stack(erase: bool) -> None:
    stack = Stack.load()
    if not stack:
        return
    for part in reversed(parts.list_parts(stack)):
        part.stop()
        for path in part.leftovers:
            path.unlink(missing_ok=True)
    if erase:
        stack.erase()


def print_status() -> bool:
    healthy = True
    for part in parts.list_parts(Stack.open()):
        state = part.state()
        healthy = healthy and state.endswith("works")
        print(f"{part.name:9} {state:28} {part.where}")
    return healthy


def follow_logs(names: list[str], follow: bool) -> None:
    stack = Stack.open()
    files = [stack.log(part.name) for part in select_parts(stack, names)]
    if not names:
        files.append(stack.log("access"))
    present = [str(path) for path in files if path.exists()]
    os.execvp("tail", ["tail", "-n", "40", *(["-F"] if follow else []), *present])  # noqa: S606


def start_named_parts(names: list[str], assignments: list[str]) -> None:
    """``assignments`` are NAME=VALUE, to start a part with another environment than that of its stack."""
    if wrong := [each for each in assignments if "=" not in each]:
        raise StackError(f"--set takes NAME=VALUE, not {wrong[0]!r}.")
    some = select_parts(Stack.open(), names)
    for part in some:
        part.extra |= dict(each.split("=", 1) for each in assignments)
    start_parts(some)


def stop_named_parts(names: list[str]) -> None:
    for part in select_parts(Stack.open(), names):
        if not part.stop():
            print(f"{part.name} did not exit after SIGTERM and was killed")


def signal_parts(verb: str, names: list[str]) -> None:
    for part in select_parts(Stack.open(), names):
        ACTIONS[verb](part)


def print_environment() -> None:
    for name, value in Stack.open().settings().items():
        print(f"{name}={shlex.quote(value)}")


def exec_manage(arguments: list[str]) -> None:
    argv = [find_python(get_current_code()), str(get_current_code() / "manage.py"), *arguments]
    os.execve(argv[0], argv, Stack.open().environment())  # noqa: S606
