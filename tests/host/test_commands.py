"""Commands on a host: each in a unit of its own, as a user who reads no secret and gets into no store."""

import json
from collections.abc import Iterator

import pytest

from tests.host.machine import Host

SECRETS = ("/etc/myweb/secret-key", "/etc/myweb/redis-password", "/etc/myweb/redis.conf", "/etc/myweb/myweb.env")
CREDENTIALS = "/run/credentials/myweb-web.service/secret-key"
# Prints the unit and the user, and then what it can read or get into.
LOOK = f"""
grep -o 'myweb-commands@' /proc/self/cgroup
id -u
for path in {" ".join(SECRETS)} {CREDENTIALS} /run/myweb/web.sock /run/myweb-commands.sock; do
  [ ! -r $path ] || echo $path
done
port=$(sed -n s/^port.//p /etc/myweb/redis.conf 2>/dev/null || echo 6390)
REDISCLI_AUTH=$(cat /etc/myweb/redis-password 2>/dev/null) redis-cli -p $port ping 2>&1 | grep -o PONG
psql -w -h /run/postgresql -U myweb -d myweb -Atc "select 'rows'" 2>/dev/null
psql -w -h 127.0.0.1 -U myweb -d myweb -Atc "select 'rows'" 2>/dev/null
true
"""
# For the collector, past everything that checks a request.
QUEUE = """
import json, time
from monitor.checks.models import ProbeCommand, ProbeRun
argv = ["sh", "-c", {script!r}]
command = ProbeCommand.objects.create(name="look", argv=argv)
run = ProbeRun.objects.create(kind="command", command=command, words="look", argv=argv, timeout=20)
end = time.monotonic() + 60
while not run.is_over and time.monotonic() < end:
    time.sleep(0.1)
    run.refresh_from_db()
command.delete()
print(json.dumps([run.status, run.stdout, run.stderr]))
"""
ADD = (
    "from monitor.checks.models import ProbeCommand; "
    "ProbeCommand.objects.create(name='look', argv=['sh', '-c', {script!r}])"
)
REMOVE = "from monitor.checks.models import ProbeCommand; ProbeCommand.objects.all().delete()"


@pytest.fixture
def enabled(here: Host) -> Iterator[None]:
    here.sh("cp -p /etc/myweb/myweb.env /root/kept.env && echo MYWEB_COMMANDS=yes >>/etc/myweb/myweb.env")
    restart_collector(here)
    try:
        yield
    finally:
        here.run("mv", "/root/kept.env", "/etc/myweb/myweb.env")
        restart_collector(here)


def restart_collector(here: Host) -> None:
    """systemd allows five starts in ten seconds, and these tests need more."""
    here.sh("systemctl reset-failed myweb-collector.service; systemctl restart myweb-collector.service")


def run_by_collector(here: Host, script: str) -> list[str]:
    """Its status and both streams."""
    said: list[str] = json.loads(here.manage("shell", "-v", "0", "-c", QUEUE.format(script=script)))
    return said


def run_by_hand(here: Host, script: str) -> str:
    here.manage("shell", "-v", "0", "-c", ADD.format(script=script))
    try:
        return here.manage("run-command", "look")
    finally:
        here.manage("shell", "-v", "0", "-c", REMOVE)


def user_of_site(here: Host) -> str:
    return here.run("id", "-u", "myweb").strip()


def accepted(here: Host) -> int:
    return int(here.run("systemctl", "show", "-P", "NAccepted", "myweb-commands.socket"))


def test_the_site_itself_reads_all_of_it(here: Host) -> None:
    """So the tests below would see it."""
    as_root = here.run("sh", "-c", LOOK).split()
    assert {*SECRETS, "PONG"} < {*as_root}
    assert "rows" in here.run("runuser", "-u", "myweb", "--", "sh", "-c", LOOK).split()


def test_a_command_runs_in_a_unit_of_its_own_and_reads_nothing_of_the_site(here: Host, enabled: None) -> None:
    status, stdout, stderr = run_by_collector(here, LOOK)
    assert (status, stderr) == ("done", "")
    unit, user = stdout.split()
    assert unit == "myweb-commands@"
    assert user not in {"0", user_of_site(here)}


def test_so_does_one_that_is_run_by_hand(here: Host, enabled: None) -> None:
    unit, user = run_by_hand(here, LOOK).split()
    assert unit == "myweb-commands@"
    assert user not in {"0", user_of_site(here)}


def test_what_a_command_left_behind_ends_with_it(here: Host, enabled: None) -> None:
    status, *_ = run_by_collector(here, "setsid sleep 4321 >/dev/null 2>&1 & sleep 0.5")
    assert status == "done"
    assert here.sh("until ! pgrep -f '[s]leep 4321'; do sleep 0.1; done; echo none") == "none\n"


def test_with_commands_off_nothing_runs_and_only_the_site_may_ask(here: Host) -> None:
    before = accepted(here)
    status, stdout, _stderr = run_by_collector(here, "echo here")
    assert (status, stdout) == ("refused", "")
    with pytest.raises(AssertionError, match="disabled"):
        run_by_hand(here, "echo here")
    assert accepted(here) == before
    here.sh("! runuser -u www-data -- test -w /run/myweb-commands.sock")
