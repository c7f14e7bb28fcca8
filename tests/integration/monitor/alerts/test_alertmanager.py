"""Debian's Prometheus and Alertmanager send what they find; the card follows them."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from chat.models import Room
from monitor.alerts import services, webhook_groups
from monitor.alerts.models import Instance
from tests.support.alerts import cards
from tests.support.redis import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(90), pytest.mark.any_database]
Run = Callable[..., int]

ALERTMANAGER = """
route: {receiver: room, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
- name: room
  webhook_configs: [{url: "URL", send_resolved: true}]
"""
PROMETHEUS = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:ALERTMANAGER"]}]}]}
scrape_configs:
- {job_name: disks, static_configs: [{targets: ["127.0.0.1:TARGET"]}]}
"""
RULES = """
groups:
- name: disks
  rules:
  - {alert: DiskFull, expr: disk_full > 80 and disk_full <= 90, labels: {severity: warning}}
  - {alert: DiskFull, expr: disk_full > 90, labels: {severity: critical}}
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """``run("prometheus", "--flag")``: started with a port of its own, ended with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def run(program: str, *flags: str) -> int:
        if not shutil.which(program):
            pytest.skip(f"needs the package {program}; bin/test installs it")
        port = free_port()
        command = [program, f"--web.listen-address=127.0.0.1:{port}", *flags]
        log = (tmp_path / f"{program}.log").open("wb")
        processes.append(subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log))
        until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), f"{program} to be ready")
        return port

    yield run
    for process in processes:
        process.terminate()
        process.wait(20)


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited 30 s for {what}")
        time.sleep(0.1)


@pytest.fixture
def alertmanager(run: Run, tmp_path: Path, live_server: LiveServer, ada: User, room: Room) -> int:
    """Its port. It sends to the room, by the address without the slash at its end."""
    _integration, token = services.create_integration(ada, room, "Alertmanager")
    url = f"{live_server.url}/api/alerts/{token}"
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER.replace("URL", url))
    flags = ("--config.file=alertmanager.yml", "--storage.path=am", "--cluster.listen-address=", "--log.level=debug")
    return run("prometheus-alertmanager", *flags)


def post(port: int, *alerts: dict[str, Any]) -> None:
    body = json.dumps(alerts).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"http://127.0.0.1:{port}/api/v2/alerts", body, headers), timeout=5):
        pass


def disk(name: str, severity: str = "warning", ends: timedelta = timedelta(minutes=5)) -> dict[str, Any]:
    now = datetime.now(UTC)
    labels = {"alertname": "DiskFull", "disk": name, "severity": severity}
    return {"labels": labels, "startsAt": (now - timedelta(minutes=9)).isoformat(), "endsAt": (now + ends).isoformat()}


def is_card(room: Room, **fields: object) -> bool:
    found = cards(room)
    return bool(found) and all(found[-1].get(name) == value for name, value in fields.items())


def test_a_group_of_alertmanager_fires_changes_and_resolves_as_one_card(alertmanager: int, room: Room) -> None:
    post(alertmanager, disk("sda"), disk("sdb"))
    until(lambda: is_card(room, state="firing", firing=2, severity="warning"), "two warnings")
    post(alertmanager, disk("sda", ends=timedelta(seconds=-1)), disk("sda", "critical"))
    until(lambda: is_card(room, state="firing", firing=2, severity="critical"), "a critical one in place of a warning")
    post(alertmanager, disk("sda", "critical", timedelta(seconds=-1)), disk("sdb", ends=timedelta(seconds=-1)))
    until(lambda: is_card(room, state="resolved"), "the end of the group")
    assert not Instance.objects.filter(ended_at=None).exists()
    webhook_groups.end_expired_rows(datetime.now(UTC))
    post(alertmanager, disk("sdc"))
    until(lambda: is_card(room, state="firing", firing=1, reopened=1), "the same card again")
    assert len(cards(room)) == 1


class Target(BaseHTTPRequestHandler):
    value = 0.0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(f"disk_full {self.value}\n".encode())

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def target() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Target)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_critical_alert_of_prometheus_is_not_hidden_by_its_warning_that_resolved(
    run: Run, alertmanager: int, target: int, tmp_path: Path, room: Room
) -> None:
    config = PROMETHEUS.replace("ALERTMANAGER", str(alertmanager)).replace("TARGET", str(target))
    (tmp_path / "prometheus.yml").write_text(config)
    (tmp_path / "rules.yml").write_text(RULES)
    Target.value = 85.0
    run("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb")
    until(lambda: is_card(room, state="firing", severity="warning", firing=1), "the warning")
    Target.value = 95.0
    until(lambda: is_card(room, state="firing", severity="critical", firing=1), "the critical one")
    Target.value = 5.0
    until(lambda: is_card(room, state="resolved"), "the end")
    assert len(cards(room)) == 1
