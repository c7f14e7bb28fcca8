import argparse
import sys

from deploy.host import install, release
from deploy.host.changes import HostError, Machine
from deploy.host.site import resolve_site

DESCRIPTION = """\
The site on this Debian 12/13 or Ubuntu 24.04 host, without containers: nginx, PostgreSQL and Redis from packages, the
rest as sandboxed systemd units. Run again, it deploys a release: this checkout's code goes into service without
downtime, and settings are kept."""
EPILOG = """\
settings  /etc/myweb/myweb.env       code  /opt/myweb/releases      data  /var/lib/myweb, PostgreSQL
state     systemctl status 'myweb-*'  logs  journalctl -u 'myweb-*'  a management command  myweb NAME"""


def build_host_parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        "bin/install", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument(
        "--origin", metavar="URL", help="the address of the site: https://chat.example.com (required the first time)"
    )
    top.add_argument("--certificate", metavar="FILE", help="for https: the certificate with its chain, as PEM")
    top.add_argument("--key", metavar="FILE", help="and its key")
    top.add_argument("--acme", metavar="EMAIL", help="or: a certificate from Let's Encrypt, renewed automatically")
    top.add_argument(
        "--port", type=int, metavar="N", help="plain http on this port, for a proxy in front that terminates TLS"
    )
    top.add_argument(
        "--trusted-proxy",
        metavar="NETWORK",
        help="the network of that proxy, such as 10.0.0.5/32: its headers are trusted",
    )
    top.add_argument("--live", type=int, metavar="N", help="number of socket processes (default: one per core)")
    top.add_argument("--back", action="store_true", help="put the previous release into service again")
    top.add_argument("--dry-run", action="store_true", help="show what would be done")
    top.add_argument("--uninstall", action="store_true", help="remove the site; the data is kept")
    top.add_argument(
        "--erase", action="store_true", help="with --uninstall: remove database, settings and backups, too"
    )
    return top


def run_host_command(arguments: list[str]) -> None:
    chosen = build_host_parser().parse_args(arguments)
    machine = Machine(dry=chosen.dry_run)
    if chosen.uninstall:
        install.uninstall_site(machine, chosen.erase)
        return
    if chosen.erase:
        raise HostError("--erase goes with --uninstall.")
    if chosen.back:
        release.restore_previous(machine)
    site = resolve_site(chosen)
    install.install_site(machine, site)
    if not machine.dry:
        print(f"\n{site.origin}\nThe first visitor becomes the owner: open it now.")


if __name__ == "__main__":
    try:
        run_host_command(sys.argv[1:])
    except HostError as error:
        sys.exit(f"bin/install: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
