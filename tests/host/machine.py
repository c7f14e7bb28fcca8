"""A Debian of its own, in a container with systemd, where bin/install does what it does on a host."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.stack.state import find_free_port as free_port

BASE = os.environ.get("MYWEB_TEST_DEBIAN", "debian:13")
NAME = f"myweb-test-host-{os.getpid()}"
TIMEOUT = 900  # seconds; the first installation compiles uWSGI
DOCKERFILE = f"""\
FROM {BASE}
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
    ca-certificates dbus openssl procps python3 python3-venv systemd systemd-sysv
ENV container=docker
STOPSIGNAL SIGRTMIN+3
CMD ["/bin/sh", "-c", "mount --make-rshared / && exec /sbin/init"]
"""
# A room, who narrates, and who talks, all signed in: as tests/faults/conversation.py makes them where it can.
PEOPLE = """
import json
from uuid import uuid4
from django.conf import settings
from django.test import Client
from accounts.models import User, Workspace
from chat import services
Workspace.objects.get_or_create(pk=1, defaults={{"name": "Harbour team"}})
tag = uuid4().hex[:8]
people = [User.objects.create_user(f"{{tag}}-{{n}}@example.com", None, name=f"Talker {{n}}") for n in range({count})]
room = services.create_room(people[0], name=f"host {{tag}}", kind="private")
services.add_members(people[0], room, people[1:])
found = []
for each in people:
    client = Client()
    client.force_login(each)
    found.append([each.pk, each.name, f"{{settings.SESSION_COOKIE_NAME}}={{client.session.session_key}}"])
print(json.dumps([room.pk, found]))
"""


def command(*argv: str, text: str | None = None) -> str:
    """What it prints. An AssertionError tells what it complained of."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def cgroups() -> str:
    """Where this machine has its cgroups of version 2; systemd keeps its units in them."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return next(words[1] for words in mounts if words[2] == "cgroup2")


class Host:
    """``origin`` leads through a published port to nginx, inside as well as outside."""

    def __init__(self) -> None:
        self.origin = f"http://127.0.0.1:{free_port()}"

    @property
    def port(self) -> int:
        return urlsplit(self.origin).port or 80

    def run(self, *argv: str) -> str:
        return command("docker", "exec", NAME, *argv)

    def sh(self, line: str) -> str:
        return self.run("bash", "-euc", line)

    def put(self, checkout: Path) -> None:
        """As ~/myweb."""
        self.copy(checkout, "/root/myweb")

    def copy(self, folder: Path, target: str) -> None:
        self.run("rm", "-rf", target)
        command("docker", "cp", "--quiet", str(folder), f"{NAME}:{target}")

    def install(self, *arguments: str) -> str:
        return self.run("/root/myweb/bin/install", *arguments)

    def manage(self, *arguments: str) -> str:
        return self.run("myweb", *arguments)

    def people(self, count: int) -> tuple[int, list[list[Any]]]:
        room, people = json.loads(self.manage("shell", "-v", "0", "-c", PEOPLE.format(count=count)).splitlines()[-1])
        return room, people

    def main_pid(self, unit: str) -> int:
        return int(self.run("systemctl", "show", "-P", "MainPID", unit))

    def failed(self) -> set[str]:
        return {line.split()[0] for line in self.run("systemctl", "--failed", "--plain", "--no-legend").splitlines()}


@contextmanager
def host() -> Iterator[Host]:
    """Gentler than --privileged: systemd has to mount, and to reach into the sandboxes that it makes."""
    here = Host()
    image = "myweb-test-host"
    command("docker", "build", "--network", "host", "-q", "-t", image, "-", text=DOCKERFILE)
    rights = ["--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE"]
    rights += ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"]
    places = ("--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--cgroupns", "host", "-v", f"{cgroups()}:/sys/fs/cgroup")
    published = ("-p", f"127.0.0.1:{here.port}:{here.port}")
    command("docker", "run", "-d", "--name", NAME, "--hostname", "debian", *rights, *places, *published, image)
    try:
        booted(here)
        yield here
    finally:
        command("docker", "rm", "-f", NAME)


def booted(here: Host) -> None:
    end = time.monotonic() + 60
    words = ("docker", "exec", NAME, "systemctl", "is-system-running", "--wait")
    while subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip() != "running":
        assert time.monotonic() < end, command("docker", "logs", NAME)
        time.sleep(0.2)
