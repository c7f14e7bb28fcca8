"""bin/install on a Debian with systemd: the first time, again as a release, under kills, and away again."""

import asyncio
import json
import re
import ssl
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.faults.visitors import MARK, another_checkout, checkout, tally, visitors
from tests.host.machine import Host
from tests.host.talk import conversation, unchecked
from tests.support.quoted import LINE, VALUE
from tests.support.wire import reached

UNITS = (
    "myweb-web.service",
    "myweb-live@1.service",
    "myweb-live@2.service",
    "myweb-collector.service",
    "myweb-worker.service",
)
OPEN = re.compile(r"Overall exposure level for (\S+?): ([\d.]+)")


def page(here: Host, path: str = "/accounts/login/") -> str:
    context = unchecked() if here.origin.startswith("https:") else None
    with urlopen(f"{here.origin}{path}", timeout=30, context=context) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_the_site_works_and_systemd_finds_nothing_wrong(here: Host) -> None:
    assert page(here, "/readyz") == "ok\n"
    assert "<form" in page(here)
    assert here.run("systemctl", "is-system-running") == "running\n"
    assert here.sh("cd /etc/systemd/system && systemd-analyze verify myweb*.{service,socket,timer,target} 2>&1") == ""
    here.sh("systemctl status 'myweb-*' && journalctl -u 'myweb-*'")
    exposed = dict(OPEN.findall(here.sh("systemd-analyze security --no-pager " + " ".join(UNITS))))
    print(exposed)
    assert {*exposed} == {*UNITS}
    assert all(float(level) < 2 for level in exposed.values())


async def test_a_release_goes_into_service_and_nobody_notices(here: Host, tmp_path: Path) -> None:
    fresh, same = another_checkout(tmp_path / "fresh"), checkout(tmp_path / "same")
    async with conversation(here) as talk:
        async with visitors(talk) as those:
            await asyncio.to_thread(here.put, fresh)
            print(await asyncio.to_thread(here.install))
            assert all(MARK in each for each in await those.later())
            await asyncio.to_thread(here.put, same)
            await asyncio.to_thread(here.install)
            assert not any(MARK in each for each in await those.later())
        assert not those.troubles
        await talk.ends()
        codes = [code for each in talk.talkers for code in each.socket.closes]
        assert {*codes} == {4001}, "each was told to come back"
        print(f"\n{those.tally()}; {tally(talk, codes)}")


async def test_the_previous_release_goes_into_service_again_and_nobody_notices(here: Host, tmp_path: Path) -> None:
    fresh, same = another_checkout(tmp_path / "fresh"), checkout(tmp_path / "same")
    before = here.run("readlink", "/opt/myweb/current")
    here.put(fresh)
    here.install()
    async with conversation(here) as talk:
        async with visitors(talk) as those:
            assert all(MARK in each for each in await those.later())
            print(await asyncio.to_thread(here.run, "/root/myweb/bin/upgrade", "--back"))
            assert not any(MARK in each for each in await those.later())
        assert not those.troubles
        await talk.ends()
        codes = [code for each in talk.talkers for code in each.socket.closes]
        assert {*codes} == {4001}
        print(f"\n{those.tally()}; {tally(talk, codes)}")
    assert here.run("readlink", "/opt/myweb/current") == before
    here.put(same)


def test_no_text_of_a_message_is_in_the_log_of_the_database(here: Host) -> None:
    statement = "INSERT INTO chat_message (body) VALUES ('what nobody else may read')"
    with pytest.raises(AssertionError, match="null value"):
        here.manage("dbshell", "--", "-c", statement)
    told = here.sh("cat /var/log/postgresql/*.log")
    assert "null value in column" in told
    assert "what nobody else may read" not in told


async def test_code_that_cannot_start_is_refused_and_the_old_goes_on(here: Host, tmp_path: Path) -> None:
    broken, same = checkout(tmp_path / "broken"), checkout(tmp_path / "same")
    wsgi = broken / "myweb" / "wsgi.py"
    wsgi.write_text(f"import sys\nif 'uwsgi' in sys.modules: raise ImportError('no such thing')\n{wsgi.read_text()}")
    before = here.run("readlink", "/opt/myweb/current")
    here.run("systemctl", "restart", "myweb-web")  # no worker of it was ever exchanged
    async with conversation(here) as talk, visitors(talk) as those:
        await asyncio.to_thread(here.put, broken)
        with pytest.raises(AssertionError, match="can't import the new code"):
            await asyncio.to_thread(here.install)
        await talk.goes_on()
        await those.later()
        assert not those.troubles
    assert here.run("readlink", "/opt/myweb/current") == before
    here.put(same)


@pytest.mark.parametrize(
    ("part", "line", "said"),
    [
        ("myweb/wsgi.py", "application = lambda _environ, _start: 1 / 0\n", "deploy.healthcheck web"),
        ("realtime/server.py", "raise SystemExit('no such thing')\n", "myweb-live@1"),
    ],
    ids=["pages that do not answer", "sockets that do not start"],
)
async def test_code_that_fails_late_makes_way_for_the_old(
    here: Host, tmp_path: Path, part: str, line: str, said: str
) -> None:
    broken, same = checkout(tmp_path / "broken"), checkout(tmp_path / "same")
    (broken / part).write_text(f"{(broken / part).read_text()}\n{line}")
    before = here.run("readlink", "/opt/myweb/current")
    async with conversation(here) as talk:
        await asyncio.to_thread(here.put, broken)
        with pytest.raises(AssertionError, match=said) as refused:
            await asyncio.to_thread(here.install)
        assert f"{before.strip()} is current again" in str(refused.value)
        await talk.goes_on()
        await talk.ends()
    assert here.run("readlink", "/opt/myweb/current") == before
    assert page(here, "/readyz") == "ok\n"
    await reached(lambda: all(here.main_pid(unit) for unit in UNITS), "every process", 60)
    for unit in UNITS[1:]:
        assert here.sh(f"readlink /proc/$(systemctl show -P MainPID {unit})/cwd") == before
    here.put(same)


async def test_pages_that_end_by_themselves_come_back(here: Host) -> None:
    pid = here.main_pid("myweb-web.service")
    here.sh("echo q >/run/myweb/web.sock.fifo")
    await reached(lambda: here.main_pid("myweb-web.service") not in {0, pid}, "new pages")
    await reached(lambda: here.sh("systemctl is-active myweb-web.service || true") == "active\n", "a start")
    assert "<form" in page(here)
    here.run("systemctl", "stop", "myweb-web.service")
    assert here.main_pid("myweb-web.service") == 0
    here.run("systemctl", "start", "myweb-web.service")


async def test_settings_that_were_changed_reach_every_part(here: Host) -> None:
    pid, kept = here.main_pid("myweb-redis.service"), here.run("cat", "/etc/myweb/myweb.env")
    port = int(re.findall(r"REDIS_PORT=(\d+)", kept)[0])
    try:
        async with conversation(here) as talk:
            here.sh(f"sed -i s/REDIS_PORT={port}/REDIS_PORT={port + 5}/ /etc/myweb/myweb.env")
            here.sh("echo MYWEB_LOG_FORMAT=json >>/etc/myweb/myweb.env")
            await asyncio.to_thread(here.install)
            await talk.goes_on()
            await talk.ends()
        assert here.main_pid("myweb-redis.service") not in {0, pid}
        page(here)
        *_, last = here.run("tail", "-n", "1", "/var/log/nginx/myweb.access.log").splitlines()
        assert json.loads(last)["path"] == "/accounts/login/"
    finally:
        here.sh(f"cat >/etc/myweb/myweb.env <<'END'\n{kept}END")
        here.install()


def test_a_secret_key_that_was_put_in_place_reaches_the_pages(here: Host) -> None:
    kept, pid = here.run("cat", "/etc/myweb/secret-key"), here.main_pid("myweb-web.service")
    try:
        here.sh("printf %s the-key-of-the-host-that-is-gone-and-is-long-enough >/etc/myweb/secret-key")
        here.install()
        assert here.main_pid("myweb-web.service") not in {0, pid}
        credential = here.run("cat", "/run/credentials/myweb-web.service/secret-key")
        assert credential == "the-key-of-the-host-that-is-gone-and-is-long-enough"
    finally:
        here.sh(f"printf %s {kept} >/etc/myweb/secret-key")
        here.install()
    assert "<form" in page(here)


def test_a_value_in_single_quotes_is_taken_as_it_is(here: Host, tmp_path: Path) -> None:
    (tmp_path / "env").write_text(LINE)
    here.copy(tmp_path, "/root/quoted")
    words = ("systemd-run", "--quiet", "--wait", "--pipe", "-p", "EnvironmentFile=/root/quoted/env")
    assert here.run(*words, "printenv", "EMAIL_HOST_PASSWORD") == f"{VALUE}\n"


def test_sockets_may_leave_this_host_only_if_a_store_is_elsewhere(here: Host) -> None:
    asked = ("systemctl", "show", "-P", "IPAddressDeny", "myweb-live@1.service")
    assert here.run(*asked).strip()
    here.sh('echo "REDIS_HOST=$(hostname -I)" >>/etc/myweb/myweb.env')  # nobody listens there: pages go on
    try:
        here.install()
        assert not here.run(*asked).strip()
    finally:
        here.sh("sed -i '$ d' /etc/myweb/myweb.env")
        here.install()
    assert here.run(*asked).strip()


@pytest.mark.parametrize("unit", [*UNITS, "myweb-redis.service"])
async def test_what_is_killed_comes_back_by_itself(here: Host, unit: str) -> None:
    async with conversation(here) as talk:
        pid = here.main_pid(unit)
        here.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", unit)
        await reached(lambda: here.main_pid(unit) not in {0, pid}, f"a new {unit}")
        await talk.goes_on()
        await talk.ends()
    assert unit not in here.failed()
    assert "<form" in page(here)


async def test_stopped_and_started_as_a_whole_it_goes_on(here: Host) -> None:
    async with conversation(here) as talk:
        here.run("systemctl", "stop", "myweb.target")
        await reached(lambda: not any(here.main_pid(unit) for unit in UNITS), "the end of every process", 60)
        here.run("systemctl", "start", "myweb.target")
        await talk.goes_on()
        await talk.ends()
    assert "<form" in page(here)


async def test_a_backup_of_the_night_is_restored_under_open_pages(here: Host) -> None:
    async with conversation(here) as talk:
        await talk.falls_silent()
        rev = max(each.last["rev"] for each in talk.talkers)
        await talk.hears(rev)
        here.run("systemctl", "start", "myweb-backup.service")
        newest = here.sh("ls -t /var/lib/myweb/backups/*.tar.gz | head -1").strip()
        assert here.run("stat", "-c", "%a %U", newest) == "600 myweb\n"
        await talk.narrate_by_page("lost with the restore")
        await talk.until(lambda: all((each.replica.have or 0) > rev for each in talk.talkers), "hearing it")
        here.manage("restore", "--replace", newest)
        await talk.until(lambda: all(each.replica.have == rev for each in talk.talkers), "the restored data")
        talk.narrated.clear()
        for each in talk.talkers:
            each.quiet.clear()
        await talk.goes_on()
        await talk.ends()


async def test_with_a_certificate_pages_and_sockets_are_encrypted(here: Host) -> None:
    plain = here.origin
    subject = ("-subj", "/CN=127.0.0.1", "-keyout", "/root/key.pem", "-out", "/root/certificate.pem")
    here.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject)
    here.origin = plain.replace("http:", "https:")
    try:
        here.install("--origin", here.origin, "--certificate", "/root/certificate.pem", "--key", "/root/key.pem")
        assert "<form" in page(here)
        async with conversation(here) as talk:
            await talk.ends()
        before = served(here)
        here.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject[:2], *RENEWED)
        here.sh("cd /root && mv new-certificate.pem certificate.pem && sleep 1 && mv new-key.pem key.pem")
        wanted = ssl.PEM_cert_to_DER_cert(here.run("cat", "/root/certificate.pem"))
        await reached(lambda: served(here) == wanted, "the renewed certificate", 60)
        assert wanted != before
        here.run("systemctl", "reset-failed")
    finally:
        here.origin = plain
        here.install("--origin", plain)
    assert here.run("ls", "/etc/systemd/system").count("myweb-certificate") == 0
    assert "<form" in page(here)


RENEWED = ("-keyout", "/root/new-key.pem", "-out", "/root/new-certificate.pem")


def served(here: Host) -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", here.port), timeout=10))


def left(here: Host) -> str:
    """Files, settings, units and people of the site; this checkout apart."""
    files = here.sh("find / -xdev -name '*myweb*' -not -path '/root/*' -not -path '/proc/*'")
    told = here.sh("grep -rl myweb /etc --exclude='*-' || true")
    units = here.sh("systemctl list-units --all --plain --no-legend --type=service,socket,timer,target '*myweb*'")
    return files + told + units


def test_taken_away_its_data_stay_until_they_are_erased(here: Host, tmp_path: Path) -> None:
    here.people(1)
    count = "from accounts.models import User; import json; print(json.dumps(User.objects.count()))"
    many = json.loads(here.manage("shell", "-v", "0", "-c", count))
    assert many
    here.install("--uninstall")
    assert here.run("getent", "passwd", "myweb")
    assert here.sh("ls -d /opt/myweb /etc/systemd/system/myweb* 2>&1 || true").count("No such file") == 2
    here.run("nginx", "-t", "-q")
    here.install("--origin", here.origin, "--live", "2")
    assert json.loads(here.manage("shell", "-v", "0", "-c", count)) == many
    here.install("--uninstall", "--erase")
    assert left(here) == ""
    assert here.run("dpkg", "--verify", "nginx-common") == ""
    here.install("--origin", here.origin, "--live", "2")
    assert json.loads(here.manage("shell", "-v", "0", "-c", count)) == 0
