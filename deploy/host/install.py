"""The steps of an installation in order. Each can be repeated without harm."""

import os
import pwd
import ssl
import subprocess
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from deploy import keys
from deploy.host import nginx, release
from deploy.host.changes import HostError, Machine, read_settings
from deploy.host.nginx import SYSTEM
from deploy.host.site import CODE, DATA, ENVIRONMENT, MEMORY, RUN, SETTINGS, HostSite, load_known_site
from deploy.redis_settings import REDIS_SETTINGS
from deploy.stack.state import is_free

ROOT = Path(__file__).resolve().parents[2]
TMPFILES = Path("/etc/tmpfiles.d/myweb.conf")
COMMAND = Path("/usr/local/bin/myweb")
SANDBOX = SYSTEM / "myweb-.service.d" / "10-sandbox.conf"
FREED = SYSTEM / "myweb-live@.service.d" / "10-stores.conf"
CREDENTIALS = SETTINGS / "secret-key", SETTINGS / "redis-password"  # a unit keeps those of its start
# A release restarts these units only if their files changed; it always restarts the others.
STARTED_WITH = {
    "myweb-redis.service": (SETTINGS / "redis.conf", SYSTEM / "myweb-redis.service", SANDBOX),
    "myweb-web.service": (ENVIRONMENT, *CREDENTIALS, SYSTEM / "myweb-web.service", SANDBOX),
}
# Created for us by systemd, nginx and certbot.
STAMP = Path("/var/lib/systemd/timers/stamp-myweb-backup.timer")
LOGS = Path("/var/log/nginx")
SOCKETS = "/run/postgresql"
REDIS_PORT = 6390  # or the next free one
HEAD = "# The site's settings; .env.example lists all names. After a change: systemctl restart myweb.target\n"
PACKAGES = ("nginx", "postgresql", "redis-server", "gcc", "libc6-dev", "npm", "python3-dev", "python3-venv")


def install_site(machine: Machine, site: HostSite) -> None:
    if not machine.dry and os.geteuid() != 0:
        raise HostError(
            "it changes this host, so it must run as root: sudo bin/install ... (--dry-run shows what it does)."
        )
    first = load_known_site() is None or not release.CURRENT.exists()
    install_packages(machine, site)
    create_users(machine)
    write_settings(machine, site)
    create_database(machine)
    code = release.copy_checkout(machine)
    release.build_release(machine, code)
    stale = install_units(machine, site)
    release.migrate_database(machine, code)
    nginx.ensure_certificate(machine, site)
    if first:
        release.start_release(machine, site, code)
    else:
        release.replace_release(machine, site, code, stale)
    nginx.install_site_config(machine, site)
    stop_extra_sockets(machine, site)
    machine.write(MEMORY, site.remembered())
    check_site(machine, site)
    release.remove_old_releases(machine)


def install_packages(machine: Machine, site: HostSite) -> None:
    every = [*PACKAGES, *(["certbot"] if site.acme else [])]
    wanted = [each for each in every if not is_installed(each)]
    if not wanted:
        return
    machine.step(f"packages: {' '.join(wanted)}")
    machine.run("apt-get", "update", "-q")
    kept = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")  # keep existing files
    install = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *kept, *wanted)
    machine.run(*install, DEBIAN_FRONTEND="noninteractive")
    if "redis-server" in wanted:  # the package starts its own server, which is not needed
        machine.run("systemctl", "disable", "--now", "--quiet", "redis-server.service")


def is_installed(package: str) -> bool:
    words = ["dpkg-query", "-W", "-f", "${Status}", package]
    return "ok installed" in subprocess.run(words, capture_output=True, text=True, check=False).stdout


def create_users(machine: Machine) -> None:
    try:
        pwd.getpwnam("myweb")
    except KeyError:
        machine.step("the user myweb")
        machine.run(*("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(DATA)), *NO_SHELL)
    machine.folder(CODE)
    machine.folder(DATA)
    machine.folder(SETTINGS)


NO_SHELL = ("--shell", "/usr/sbin/nologin", "myweb")


def write_settings(machine: Machine, site: HostSite) -> None:
    """After the first time the admin owns the settings: only values given as options are updated."""
    machine.step(f"settings in {SETTINGS}")
    machine.keep(SETTINGS / "secret-key", keys.generate_secret())
    machine.keep(SETTINGS / "redis-password", keys.generate_secret())
    there = read_settings(ENVIRONMENT)
    if not there:
        ours = {
            "MYWEB_ORIGINS": site.origin,
            "DATABASE_HOST": SOCKETS,
            "DATABASE_PORT": find_cluster_port(),
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": next(port for port in range(REDIS_PORT, 65536) if is_free(port)),
            "MYWEB_WEB_PROCESSES": str(2 * (os.cpu_count() or 1)),
        }
        machine.write(ENVIRONMENT, HEAD + "".join(f"{name}={value}\n" for name, value in ours.items()), 0o640, "myweb")
    elif there.get("MYWEB_ORIGINS") != site.origin:
        lines = [each for each in ENVIRONMENT.read_text(encoding="utf-8").splitlines() if not is_origins(each)]
        text = "\n".join([*lines, f"MYWEB_ORIGINS={site.origin}"]) + "\n"
        machine.write(ENVIRONMENT, text, 0o640, "myweb")


def is_origins(line: str) -> bool:
    return line.replace(" ", "").startswith("MYWEB_ORIGINS=")


def find_cluster_port() -> str:
    """The one in the settings, else that of the first PostgreSQL on this host."""
    ports = sorted(path.suffix.lstrip(".") for path in Path(SOCKETS).glob(".s.PGSQL.*[0-9]"))
    return read_settings(ENVIRONMENT).get("DATABASE_PORT") or (ports[0] if ports else "5432")


def build_psql_command() -> list[str]:
    return ["runuser", "-u", "postgres", "--", "psql", "-Atq", "-p", find_cluster_port(), "-d", "postgres"]


def has_cluster() -> bool:
    """Does nothing if the settings name a database on another machine."""
    return read_settings(ENVIRONMENT).get("DATABASE_HOST", SOCKETS) == SOCKETS


def create_database(machine: Machine) -> None:
    """On its unix socket PostgreSQL knows a client by its user, so there is no password."""
    if not has_cluster():
        return
    machine.step("the database myweb")
    if not machine.dry:
        wait_for(
            lambda: machine.asks(*build_psql_command(), "-c", "select 1"),
            "PostgreSQL does not respond: see systemctl status postgresql",
        )
    if machine.dry or "1" not in machine.run(
        *build_psql_command(), "-c", "select 1 from pg_roles where rolname = 'myweb'"
    ):
        machine.run(*build_psql_command(), "-c", "create role myweb login")
    # Where the data are, so that doctor knows whose free space counts.
    machine.run(*build_psql_command(), "-c", "grant pg_read_all_settings to myweb")
    if machine.dry or "1" not in machine.run(
        *build_psql_command(), "-c", "select 1 from pg_database where datname = 'myweb'"
    ):
        create = "create database myweb owner myweb encoding 'UTF8' locale 'C.UTF-8' template template0"
        machine.run(*build_psql_command(), "-c", create)
    # Messages can be in the text of a failed statement, and in the details of its error. Only a superuser may set it.
    for name, value in {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}.items():
        machine.run(*build_psql_command(), "-c", f"alter role myweb set {name} = {value}")


def install_units(machine: Machine, site: HostSite) -> set[str]:
    """Returns the units whose process was started with other settings."""
    machine.step("systemd")
    source = ROOT / "deploy" / "systemd"
    password = (SETTINGS / "redis-password").read_text(encoding="utf-8") if not machine.dry else "..."
    port = read_settings(ENVIRONMENT).get("REDIS_PORT", REDIS_PORT)
    machine.write(
        SETTINGS / "redis.conf",
        f'port {port}\nbind 127.0.0.1\nrequirepass "{password}"\nsupervised systemd\ndir /tmp\n{REDIS_SETTINGS}',
        0o600,
    )
    for path in sorted([*source.glob("myweb*.*"), *source.glob("myweb-.service.d/*.conf")]):
        if path.is_file():
            machine.write(SYSTEM / path.relative_to(source), path.read_text(encoding="utf-8"))
    if has_remote_stores():
        machine.write(FREED, "# The database or Redis is elsewhere.\n[Service]\nIPAddressDeny=\nIPAddressAllow=\n")
    else:
        machine.remove(FREED)
    nginx.watch_certificate(machine, site)
    nginx_unit = (source / "nginx.service.conf").read_text(encoding="utf-8")
    machine.write(SYSTEM / "nginx.service.d" / "myweb.conf", nginx_unit)
    machine.write(TMPFILES, (source / "tmpfiles.conf").read_text(encoding="utf-8"))
    machine.write(COMMAND, (ROOT / "deploy" / "host" / "myweb").read_text(encoding="utf-8"), 0o755)
    machine.run("systemd-tmpfiles", "--create", str(TMPFILES))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--quiet", "myweb.target", *release.list_units(site))
    return {unit for unit, given in STARTED_WITH.items() if machine.changed & {*given} or is_older(unit, given)}


def is_older(unit: str, given: tuple[Path, ...]) -> bool:
    """A file was changed since the unit started, by hand or by a release that was interrupted."""
    words = ["systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", unit]
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return False  # a dry run on a machine without systemd
    begun = time.time() - time.monotonic() + int(said or 0) / 1e6
    return any(path.exists() and path.stat().st_mtime > begun for path in given)


def has_remote_stores() -> bool:
    there = read_settings(ENVIRONMENT)
    named = [there.get("DATABASE_HOST", ""), there.get("REDIS_HOST", "")]
    if sentinels := there.get("REDIS_SENTINELS", "").split():
        named[1:] = [each.rpartition(":")[0] or each for each in sentinels]
    return not all(is_local_host(host) for host in named)


def is_local_host(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in {"", "localhost"} or host.startswith("/")


def stop_extra_sockets(machine: Machine, site: HostSite) -> None:
    """Stops socket processes beyond the wanted number, after nginx no longer uses them."""
    before = load_known_site()
    for number in range(site.live + 1, (before.live if before else 0) + 1):
        machine.run("systemctl", "disable", "--now", "--quiet", f"myweb-live@{number}.service")


def check_site(machine: Machine, site: HostSite) -> None:
    """Requests through nginx, as from a browser."""
    if machine.dry:
        return
    machine.step(f"asking {site.origin}")
    trouble = f"{site.origin} does not respond correctly; see systemctl status 'myweb-*' and journalctl -u myweb-web."
    wait_for(lambda: request_readiness(site) == 200, trouble)


def request_readiness(site: HostSite) -> int:
    """The status of /readyz; 0 without a response. The certificate is not verified here."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    where: HTTPConnection = (
        HTTPSConnection("127.0.0.1", site.listens, timeout=5, context=unchecked)
        if site.tls
        else HTTPConnection("127.0.0.1", site.listens, timeout=5)
    )
    try:
        where.request("GET", "/readyz", headers={"Host": urlsplit(site.origins[0]).netloc})
        return where.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        where.close()


def wait_for(true: object, trouble: str, seconds: float = 60) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise HostError(trouble)
        time.sleep(0.2)


def uninstall_site(machine: Machine, erase: bool) -> None:
    """Packages stay, because others may use them. The data stay too, unless they are to be erased."""
    if not machine.dry and os.geteuid() != 0:
        raise HostError("it changes this host, so it must run as root: sudo bin/install --uninstall.")
    site = load_known_site() or HostSite(live=1)
    machine.step("stopping the site")
    here = [unit for unit in ("myweb.target", *release.list_units(site)) if (SYSTEM / "myweb.target").exists()]
    if here:
        machine.run("systemctl", "disable", "--now", "--quiet", *here)
    nginx.remove_site_config(machine)
    machine.step("removing units and code")
    ours = SYSTEM / "nginx.service.d"
    for path in (*SYSTEM.glob("myweb*"), ours / "myweb.conf", TMPFILES, COMMAND, CODE, RUN, nginx.CACHE):
        machine.remove(path)
    if ours.is_dir() and not any(ours.iterdir()):
        machine.remove(ours)
    machine.run("systemctl", "daemon-reload")
    if erase:
        machine.step("erasing the database, settings, secrets and backups")
        if has_cluster():
            machine.run(*build_psql_command(), "-c", "drop database if exists myweb")
            machine.run(*build_psql_command(), "-c", "drop role if exists myweb")
        for path in (SETTINGS, DATA, STAMP, *LOGS.glob("myweb.access.log*")):
            machine.remove(path)
        if site.acme:
            with suppress(HostError):  # it may have been removed already
                machine.run("certbot", "delete", "--non-interactive", "--cert-name", site.host)
        if machine.asks("id", "myweb"):
            machine.run("userdel", "myweb")
    else:
        print(f"Database and user myweb, {SETTINGS} and {DATA} stay; bin/install --uninstall --erase removes them.")
