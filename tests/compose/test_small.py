"""The whole site in one container: its memory, its end, its upgrade, and the way up to docker-compose.yml."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Coroutine, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from deploy.stack.state import find_free_port as free_port
from tests.compose.project import compose, make_environment, mend, name, run, up
from tests.faults.stack import ROOT
from tests.host.machine import PEOPLE
from tests.host.talk import HostConversation, conversation
from tests.support.lasting import Frame
from tests.support.machines import certificate
from tests.support.talker import Talker
from tests.support.wire import reached

PEOPLE_ONLINE = 20
MEMORY_LIMIT = 250  # MiB, as docker stats counts them: without what the kernel may drop
TICKS = 30  # seconds that everyone looks at a dashboard before the memory is read
DASHBOARD = "dashboard.host"
TIMEOUT = 90.0
LAST_LINE = -1

ALL_ADMINS = 'User.objects.update(role="admin")\n'  # they may see the dashboard of the machine
# A bit of everything that moves to another site, and what both sites must say of it.
FURNISH = """
from accounts.models import User
from chat.models import Room
from monitor.alerts.models import Route
from monitor.checks.models import Check, CheckState
from monitor.dashboards.services import create_dashboard
from monitor.dashboards.spec import PanelSpec, Spec
from myweb.encryption import encrypt_secret
owner = User.objects.order_by("pk").first()
create_dashboard(owner, Spec("Harbour", [PanelSpec("Busy", ["host.cpu.busy"])]), None)
Check.objects.create(name="Site", slug="site", kind="http", target="http://example.com", state=CheckState.PAUSED)
Route.objects.create(name="pager", sealed=encrypt_secret("json://pager.example.com"), made_by=owner)
"""
CONTENT = """
import json
from ops import tables
from monitor.alerts.models import Route
from myweb.encryption import decrypt_secret
names = ["accounts.user", "chat.room", "chat.membership", "chat.message", "dashboards.dashboard", "checks.check"]
apps = tables.get_apps_at(tables.get_applied_migrations())
models = {m._meta.label_lower: m for m in tables.list_archived_models(apps)}
rows = {n: [json.loads(line) for line in tables.dump_rows(models[n])] for n in names}  # PostgreSQL sorts keys of JSON
print(json.dumps(rows | {"secret": decrypt_secret(Route.objects.get().sealed)}))
"""


class SmallSite:
    def __init__(self) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.image = f"{name()}-small"
        self.settings = {"MYWEB_PORT": str(self.port)}

    def compose_argv(self, *arguments: str) -> list[str]:
        project = ("-p", self.image, "--env-file", os.devnull, "-f", "compose.small.yml")
        return ["docker", "compose", "--ansi", "never", *project, *arguments]

    def compose(self, *arguments: str) -> str:
        return run(*self.compose_argv(*arguments), **self.settings)

    def up(self, *arguments: str) -> None:
        self.compose("up", "-d", "--wait", *arguments)

    @property
    def container(self) -> str:
        return self.compose("ps", "--all", "--quiet", "site").strip()

    def inside(self, *argv: str) -> str:
        return self.compose("exec", "-T", "site", *argv)

    def run_script(self, script: str) -> str:
        return self.inside("python", "manage.py", "shell", "-v", "0", "-c", script)

    def people(self, count: int) -> tuple[int, list[list[Any]]]:
        script = PEOPLE.format(count=count) + ALL_ADMINS
        room, people = json.loads(self.run_script(script).splitlines()[LAST_LINE])
        return room, people

    def get(self, path: str, cookie: str = "") -> int:
        line = HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request("GET", path, headers={"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        return answer.status

    def memory(self) -> float:
        usage = run("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", self.container)
        return float(usage.partition("MiB")[0])

    def shares(self) -> dict[str, float]:
        """MiB of each process; pages that several share are divided among them."""
        script = "grep -H ^Pss: /proc/[0-9]*/smaps_rollup 2>/dev/null; true"
        lines = re.findall(r"/proc/(\d+)/smaps_rollup:Pss: +(\d+) kB", self.inside("sh", "-c", script))
        return {pid: int(kilobytes) / 1024 for pid, kilobytes in lines}


@pytest.fixture(autouse=True)
def database_of_the_project() -> None:
    """Not that of docker-compose.yml: no test here opens a database."""


@pytest.fixture(scope="module")
def small() -> Iterator[SmallSite]:
    site = SmallSite()
    try:
        site.up("--build")
        yield site
    finally:
        print(site.compose("logs", "--no-color", "--tail", "50"))
        site.compose("down", "--volumes")


class Viewer:
    """Looks at the dashboard of the machine beside the talk of a person."""

    def __init__(self, talker: Talker) -> None:
        self.socket, self.hear_talk = talker.socket, talker.socket.hear
        self.ticks: set[int] = set()
        self.seeing: set[asyncio.Task[Any]] = set()
        talker.socket.hear = self.hear

    def hear(self, event: Frame) -> None:
        if event.get("stream") != DASHBOARD:
            self.hear_talk(event)
        elif event["type"] == "tick":
            self.ticks.add(event["data"]["t"])
            self.spawn(self.socket.ask("dashboard.seen", key="host", t=event["data"]["t"]))
        if event["type"] == "hello":
            self.spawn(self.follow())

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self.seeing.add(task)
        task.add_done_callback(self.seeing.discard)

    async def follow(self) -> None:
        await self.socket.ask("subscribe", stream=DASHBOARD)


async def open_dashboards(talk: HostConversation) -> list[Viewer]:
    viewers = [Viewer(talker) for talker in talk.talkers]
    for viewer in viewers:
        await viewer.follow()
    return viewers


async def test_twenty_people_with_dashboards_take_less_memory_than_promised(small: SmallSite) -> None:
    empty = small.memory()
    async with conversation(small, PEOPLE_ONLINE) as talk:
        paths = (f"/rooms/{talk.room}/", "/dashboards/", "/dashboards/host/", "/settings/")
        for talker in talk.talkers:
            for path in paths:
                assert await asyncio.to_thread(small.get, path, talker.person.cookie) in {200, 302}, path
        viewers = await open_dashboards(talk)
        await talk.falls_silent()
        await talk.until(lambda: all(len(viewer.ticks) >= TICKS for viewer in viewers), "the ticks", TIMEOUT)
        used, shares = await asyncio.to_thread(small.memory), await asyncio.to_thread(small.shares)
        processes = ", ".join(f"{share:.0f}" for share in sorted(shares.values(), reverse=True) if share > 1)
        print(f"\n{empty:.0f} MiB without people, {used:.0f} MiB with {PEOPLE_ONLINE}; by process {processes}")
        await talk.ends()
    assert used < MEMORY_LIMIT


@pytest.fixture
def encrypted(small: SmallSite, tmp_path: Path) -> Iterator[SmallSite]:
    certificate(tmp_path)
    tmp_path.chmod(0o755)
    plain = small.origin, small.settings
    small.origin = plain[0].replace("http:", "https:")
    small.settings = plain[1] | {
        "MYWEB_ORIGINS": small.origin,
        "MYWEB_TLS_FOLDER": str(tmp_path),
        "MYWEB_TLS_CERTIFICATE": "cert.pem",
        "MYWEB_TLS_KEY": "both.pem",
    }
    try:
        small.up()
        yield small
    finally:
        small.origin, small.settings = plain
        small.up()


async def test_with_a_certificate_of_ones_own_sockets_are_encrypted(encrypted: SmallSite) -> None:
    async with conversation(encrypted) as talk:
        await talk.ends()


async def test_a_second_up_changes_nothing(small: SmallSite) -> None:
    before = small.container
    small.up()
    assert small.container == before


async def test_a_stop_closes_sockets_with_the_code_to_come_back_and_loses_nothing(small: SmallSite) -> None:
    async with conversation(small) as talk:
        await asyncio.to_thread(small.compose, "stop")
        state = json.loads(run("docker", "inspect", "--format", "{{json .State}}", small.container))
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
        assert {code for talker in talk.talkers for code in talker.socket.closes} == {4001}
        await asyncio.to_thread(small.up)
        await talk.goes_on()
        await talk.ends()


async def test_a_killed_container_loses_nothing(small: SmallSite) -> None:
    async with conversation(small) as talk:
        await asyncio.to_thread(small.compose, "kill")
        await asyncio.to_thread(small.up)
        await talk.goes_on()
        await talk.ends()


async def test_a_killed_server_and_a_killed_collector_are_started_again(small: SmallSite) -> None:
    async with conversation(small) as talk:
        before = small.container
        script = "kill -KILL $(for p in /proc/[0-9]*; do [ $(cut -d' ' -f4 $p/stat) = {parent} ] && basename $p; done)"
        (parent,) = {int(small.inside("sh", "-c", "cut -d' ' -f4 /proc/$(cat /tmp/nginx/nginx.pid)/stat"))}
        await asyncio.to_thread(small.inside, "sh", "-c", script.format(parent=parent))
        await talk.goes_on(timeout=TIMEOUT)
        viewers = await open_dashboards(talk)
        await talk.until(lambda: all(len(viewer.ticks) >= 3 for viewer in viewers), "the ticks", TIMEOUT)
        await talk.ends()
        assert small.container == before
    assert "has ended (signal 9)" in small.compose("logs", "--no-color")


def build_release(small: SmallSite) -> None:
    run("docker", "tag", small.image, f"{small.image}:built")
    dockerfile = f"FROM {small.image}:built\nUSER root\nRUN touch /app/another-release\nUSER myweb\n"
    build = ["docker", "build", "--quiet", "--tag", small.image, "-"]
    subprocess.run(build, input=dockerfile.encode(), check=True, capture_output=True)


async def test_another_release_replaces_the_container_and_loses_nothing(small: SmallSite) -> None:
    await asyncio.to_thread(build_release, small)
    try:
        async with conversation(small) as talk:
            await asyncio.to_thread(small.up)
            await talk.goes_on()
            await talk.ends()
            assert {code for talker in talk.talkers for code in talker.socket.closes} == {4001}
        small.inside("test", "-e", "/app/another-release")
    finally:
        run("docker", "tag", f"{small.image}:built", small.image)
        small.up()


async def test_the_database_survives_a_power_cut_and_waits_for_other_writers(small: SmallSite) -> None:
    script = "from django.db import connection as c; k = c.cursor(); print(*[k.execute(f'PRAGMA {n}').fetchone()[0] "
    script += "for n in ('journal_mode', 'busy_timeout')])"
    assert small.run_script(script).split()[-2:] == ["wal", "20000"]


async def test_there_is_a_backup_and_doctor_finds_nothing_broken(small: SmallSite) -> None:
    await reached(lambda: small.inside("sh", "-c", "ls /data/backups").count("myweb-"), "a backup", TIMEOUT)
    report = json.loads(small.inside("python", "manage.py", "doctor", "--json"))
    assert report["ok"], report


async def test_a_form_that_is_refused_unread_gets_its_answer(small: SmallSite) -> None:
    line = HTTPConnection("127.0.0.1", small.port, timeout=20)
    line.request("POST", "/accounts/login/", body=b"x" * 900_000, headers={"Content-Type": "text/plain"})
    assert line.getresponse().status == 403


def back_up(small: SmallSite, archive: Path) -> None:
    with archive.open("wb") as out:
        argv = small.compose_argv("run", "--rm", "--no-deps", "-T", "site", "backup", "-")
        subprocess.run(argv, stdout=out, check=True, cwd=ROOT, env=make_environment(**small.settings))


def restore(archive: Path) -> None:
    argv = ["docker", "compose", "-p", name(), "--env-file", os.devnull, "exec", "-T", "web"]
    with archive.open("rb") as file:
        argv += ["python", "manage.py", "restore", "--replace", "-"]
        subprocess.run(argv, stdin=file, check=True, cwd=ROOT, env=make_environment())


@pytest.mark.timeout(1200)  # the site of docker-compose.yml starts anew, twice
async def test_the_way_up_takes_everything_along(small: SmallSite, tmp_path: Path) -> None:
    async with conversation(small) as talk:
        await talk.ends()
    await asyncio.to_thread(move_up, small, tmp_path / "myweb.tar.gz")


def move_up(small: SmallSite, archive: Path) -> None:
    small.run_script(FURNISH)
    before = json.loads(small.run_script(CONTENT).splitlines()[LAST_LINE])
    small.compose("stop")
    back_up(small, archive)
    key = small.compose("run", "--rm", "--no-deps", "-T", "--entrypoint", "cat", "site", "/data/secret-key").strip()
    try:
        up(MYWEB_SECRET_KEY=key)
        restore(archive)
        shell = compose("exec", "-T", "web", "python", "manage.py", "shell", "-v", "0", "-c", CONTENT)
        assert json.loads(shell.splitlines()[LAST_LINE]) == before
        assert before["secret"] == "json://pager.example.com"
        assert len(before["chat.message"]) > 10
    finally:
        mend()
        small.up()
