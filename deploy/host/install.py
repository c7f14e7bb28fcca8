"""The steps, in their order. Each may be repeated: what is there already stays."""

import os
import pwd
import socket
import ssl
import subprocess
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from deploy import keys
from deploy.host import front, release
from deploy.host.machine import HostError, Machine, read_settings
from deploy.host.site import CODE, DATA, MEMORY, RUN, SETTINGS, Site, known

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = Path("/etc/systemd/system")
TMPFILES = Path("/etc/tmpfiles.d/myweb.conf")
COMMAND = Path("/usr/local/bin/myweb")
PACKAGES = ("nginx", "postgresql", "redis-server", "gcc", "libc6-dev", "python3-dev", "python3-venv")


def install(machine: Machine, site: Site) -> None:
    if not machine.dry and os.geteuid() != 0:
        raise HostError(
            "it changes this host, so it has to be root: sudo bin/install ... (--dry-run shows what it does)."
        )
    first = known() is None or not release.CURRENT.exists()
    provide(machine, site)
    people(machine)
    settings(machine, site)
    database(machine)
    code = release.fetch(machine)
    release.build(machine, code)
    anew = units(machine, site)
    release.migrate(machine, code)
    front.certify(machine, site)
    if first:
        release.begin(machine, site, code)
    else:
        release.exchange(machine, site, code, anew)
    front.put(machine, site)
    retire(machine, site)
    machine.write(MEMORY, site.remembered())
    ask(machine, site)
    release.tidy(machine)


def provide(machine: Machine, site: Site) -> None:
    every = [*PACKAGES, *(["certbot"] if site.acme else [])]
    wanted = [each for each in every if not is_installed(each)]
    if not wanted:
        return
    machine.step(f"packages: {' '.join(wanted)}")
    machine.run("apt-get", "update", "-q")
    machine.run(
        *("apt-get", "install", "-y", "-q", "--no-install-recommends", *wanted), DEBIAN_FRONTEND="noninteractive"
    )
    if "redis-server" in wanted:  # the package starts one of its own, which nobody asked for
        machine.run("systemctl", "disable", "--now", "--quiet", "redis-server.service")


def is_installed(package: str) -> bool:
    words = ["dpkg-query", "-W", "-f", "${Status}", package]
    return "ok installed" in subprocess.run(words, capture_output=True, text=True, check=False).stdout


def people(machine: Machine) -> None:
    try:
        pwd.getpwnam("myweb")
    except KeyError:
        machine.step("the user myweb")
        machine.run(*("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(DATA)), *NO_SHELL)
    machine.folder(CODE)
    machine.folder(DATA)
    machine.folder(SETTINGS)


NO_SHELL = ("--shell", "/usr/sbin/nologin", "myweb")


def settings(machine: Machine, site: Site) -> None:
    """Settings are the admin's after the first time: only what this was called with is brought up to date."""
    machine.step(f"settings in {SETTINGS}")
    machine.keep(SETTINGS / "secret-key", keys.secret())
    machine.keep(SETTINGS / "redis-password", keys.secret())
    path = SETTINGS / "myweb.env"
    ours = {
        "MYWEB_ORIGINS": site.origin,
        "DATABASE_HOST": "/run/postgresql",
        "DATABASE_PORT": str(cluster_port()),
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(redis_port(site)),
        "MYWEB_WEB_PROCESSES": str(2 * (os.cpu_count() or 1)),
    }
    there = dict(read_settings(path))
    if not there:
        head = (
            "# The site's settings; every name stands in .env.example. After a change: systemctl restart myweb.target\n"
        )
        machine.write(path, head + "".join(f"{name}={value}\n" for name, value in ours.items()), 0o640, "myweb")
    elif there.get("MYWEB_ORIGINS") != site.origin:
        text = path.read_text(encoding="utf-8").replace(
            f"MYWEB_ORIGINS={there.get('MYWEB_ORIGINS', '')}\n", f"MYWEB_ORIGINS={site.origin}\n"
        )
        machine.write(path, text, 0o640, "myweb")


def redis_port(site: Site) -> int:
    """The one that it has, else the first that is free from its usual one on."""
    if known():
        return site.redis_port
    while not is_free(site.redis_port):
        site.redis_port += 1
    return site.redis_port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def cluster_port() -> int:
    """Of the newest PostgreSQL that runs here."""
    sockets = sorted(Path("/run/postgresql").glob(".s.PGSQL.*[0-9]"))
    return int(sockets[0].suffix.lstrip(".")) if sockets else 5432


def psql() -> list[str]:
    return ["runuser", "-u", "postgres", "--", "psql", "-Atq", "-p", str(cluster_port()), "-d", "postgres"]


def database(machine: Machine) -> None:
    """Who asks through PostgreSQL's own unix socket is known by their user: there is no password to lose."""
    machine.step("the database myweb")
    if not machine.dry:
        wait(lambda: machine.asks(*psql(), "-c", "select 1"), "PostgreSQL does not answer: systemctl status postgresql")
    if machine.dry or "1" not in machine.run(*psql(), "-c", "select 1 from pg_roles where rolname = 'myweb'"):
        machine.run(*psql(), "-c", "create role myweb login")
    if machine.dry or "1" not in machine.run(*psql(), "-c", "select 1 from pg_database where datname = 'myweb'"):
        create = "create database myweb owner myweb encoding 'UTF8' locale 'C.UTF-8' template template0"
        machine.run(*psql(), "-c", create)


def units(machine: Machine, site: Site) -> bool:
    """True if something is new that only a fresh process sees."""
    machine.step("systemd")
    source = ROOT / "deploy" / "systemd"
    password = (SETTINGS / "redis-password").read_text(encoding="utf-8") if not machine.dry else "..."
    machine.write(
        SETTINGS / "redis.conf",
        f'port {site.redis_port}\nbind 127.0.0.1\nrequirepass "{password}"\nsave ""\nappendonly no\n'
        "supervised systemd\ndir /tmp\n",
        0o600,
    )
    for path in sorted([*source.glob("myweb*.*"), *source.glob("myweb-.service.d/*.conf")]):
        if path.is_file():
            machine.write(SYSTEM / path.relative_to(source), path.read_text(encoding="utf-8"))
    machine.write(SYSTEM / "nginx.service.d" / "myweb.conf", (source / "nginx.conf").read_text(encoding="utf-8"))
    machine.write(TMPFILES, (source / "tmpfiles.conf").read_text(encoding="utf-8"))
    machine.write(COMMAND, (ROOT / "deploy" / "host" / "myweb").read_text(encoding="utf-8"), 0o755)
    machine.run("systemd-tmpfiles", "--create", str(TMPFILES))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--quiet", "myweb.target", *release.units(site))
    sandbox = SYSTEM / "myweb-.service.d" / "10-sandbox.conf"
    return bool(machine.changed & {SETTINGS / "myweb.env", SYSTEM / "myweb-web.service", sandbox})


def retire(machine: Machine, site: Site) -> None:
    """Socket processes beyond the number asked for, after nginx has forgotten them."""
    before = known()
    for number in range(site.live + 1, (before.live if before else 0) + 1):
        machine.run("systemctl", "disable", "--now", "--quiet", f"myweb-live@{number}.service")


def ask(machine: Machine, site: Site) -> None:
    """Through the front, as a browser would."""
    if machine.dry:
        return
    machine.step(f"asking {site.origin}")
    trouble = (
        f"{site.origin} does not answer as it should; systemctl status 'myweb-*' and journalctl -u myweb-web tell more."
    )
    wait(lambda: status(site) == 200, trouble)


def status(site: Site) -> int:
    """Of /healthz; 0 if nobody answers. Whether the certificate is a good one is for browsers to judge."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    where: HTTPConnection = (
        HTTPSConnection("127.0.0.1", site.listens, timeout=5, context=unchecked)
        if site.tls
        else HTTPConnection("127.0.0.1", site.listens, timeout=5)
    )
    try:
        where.request("GET", "/healthz", headers={"Host": urlsplit(site.origin).netloc})
        return where.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        where.close()


def wait(true: object, trouble: str, seconds: float = 60) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise HostError(trouble)
        time.sleep(0.2)


def uninstall(machine: Machine, erase: bool) -> None:
    """Packages stay: others may use them. So do the data, unless they are to be erased."""
    if not machine.dry and os.geteuid() != 0:
        raise HostError("it changes this host, so it has to be root: sudo bin/install --uninstall.")
    site = known() or Site(live=1)
    machine.step("stopping the site")
    here = [unit for unit in ("myweb.target", *release.units(site)) if (SYSTEM / "myweb.target").exists()]
    if here:
        machine.run("systemctl", "disable", "--now", "--quiet", *here)
    front.take_away(machine)
    machine.step("removing units and code")
    for path in (*SYSTEM.glob("myweb*"), SYSTEM / "nginx.service.d" / "myweb.conf", TMPFILES, COMMAND, CODE, RUN):
        machine.remove(path)
    machine.run("systemctl", "daemon-reload")
    if erase:
        machine.step("erasing the database, settings, secrets and backups")
        machine.run(*psql(), "-c", "drop database if exists myweb")
        machine.run(*psql(), "-c", "drop role if exists myweb")
        for path in (SETTINGS, DATA):
            machine.remove(path)
    else:
        print(f"The database myweb, {SETTINGS} and {DATA} stay; bin/install --uninstall --erase removes them.")
