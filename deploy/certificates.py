"""Gets a certificate for the names of the site by ACME, renews it, and redirects http to https.

``python -m deploy.certificates`` listens on port 8080 of its container, to which port 80 is mapped. It answers the
challenges of the authority and runs certbot. The web server reads
``/certificates/current/certificate.pem`` and ``key.pem``. ``current`` is a link that is replaced atomically, so the
two always match.

It reads MYWEB_ORIGINS and, if set, MYWEB_ACME_EMAIL (for warnings of the authority), MYWEB_ACME_SERVER (another
authority; default: Let's Encrypt).
"""

import http.server
import ipaddress
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

HOME, PORT = Path("/certificates"), 8080
CHALLENGE = re.compile(r"/\.well-known/acme-challenge/([-_A-Za-z0-9]+)")
RENEWAL_INTERVAL = 12 * 3600  # seconds between two runs of certbot; it renews when a third of the lifetime is left
FIRST_RETRY = 5 * 60  # seconds after a failure, doubled each time, because authorities limit failures


class CertificateError(Exception):
    """One sentence for the admin that says what to do."""


def list_site_names(environ: Mapping[str, str]) -> dict[str, str]:
    """The names of the certificate, each with the target of its redirects: the first origin of that name.

    Raises :class:`CertificateError` if no authority would issue a certificate.
    """
    origins = environ.get("MYWEB_ORIGINS", "").replace(",", " ").split()
    found: dict[str, str] = {}
    for origin in origins:
        found.setdefault(urlsplit(origin).hostname or "", origin)
    if not found or not all(origin.startswith("https://") for origin in origins):
        raise CertificateError(
            f"MYWEB_ORIGINS is {' '.join(origins) or 'not set'}; for a certificate write every address with https, "
            "like https://chat.example.com."
        )
    for name in found:
        if is_ip_address(name) or "." not in name:
            raise CertificateError(
                f"MYWEB_ORIGINS names {name}; an authority gives certificates for public names only."
            )
    return found


def is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def build_certbot_command(home: Path, wanted: list[str], environ: Mapping[str, str]) -> list[str]:
    folders = [f"--{kind}-dir={home / 'certbot' / kind}" for kind in ("config", "work", "logs")]
    email = environ.get("MYWEB_ACME_EMAIL", "")
    contact = ["--email", email] if email else ["--register-unsafely-without-email"]
    server = environ.get("MYWEB_ACME_SERVER", "")
    return [
        *("certbot", "certonly", "--webroot", f"--webroot-path={home / 'challenges'}", "--cert-name=site"),
        *("--non-interactive", "--agree-tos", "--keep-until-expiring", "--expand", "--quiet", *folders, *contact),
        *(["--server", server] if server else []),
        *(word for name in wanted for word in ("--domain", name)),
    ]


def install_certificate(home: Path) -> bool:
    """Copies certbot's certificate to the site's folder. False if it is there already."""
    source = home / "certbot" / "config" / "live" / "site"
    serial = (source / "fullchain.pem").resolve().stem  # such as fullchain3: certbot numbers them
    target, link = home / serial, home / "current"
    if link.is_symlink() and link.readlink() == Path(serial) and has_same_content(source, target):
        return False
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o750)
    for name, copy in (("fullchain.pem", "certificate.pem"), ("privkey.pem", "key.pem")):
        (target / copy).touch(mode=0o640)
        (target / copy).write_bytes((source / name).read_bytes())
    fresh = home / ".current"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(serial)
    fresh.rename(link)
    for old in home.glob("fullchain*"):
        if old != target:
            shutil.rmtree(old)
    return True


def has_same_content(source: Path, target: Path) -> bool:
    copy = target / "certificate.pem"
    return copy.exists() and copy.read_bytes() == (source / "fullchain.pem").read_bytes()


class HttpsRedirectServer(http.server.BaseHTTPRequestHandler):
    """Port 80: answers challenges and redirects everything else to https."""

    server_version, sys_version = "myweb", ""

    def __init__(self, home: Path, wanted: Mapping[str, str], *rest: object) -> None:
        self.home, self.wanted = home, wanted
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        challenge = CHALLENGE.fullmatch(self.path)
        if self.path == "/healthz":
            here = (self.home / "current" / "key.pem").exists()
            self.answer(HTTPStatus.OK if here else HTTPStatus.SERVICE_UNAVAILABLE, b"ok\n" if here else b"none yet\n")
        elif challenge:
            path = self.home / "challenges" / ".well-known" / "acme-challenge" / challenge[1]
            there = path.is_file()
            self.answer(HTTPStatus.OK if there else HTTPStatus.NOT_FOUND, path.read_bytes() if there else b"")
        else:
            self.send_on()

    def send_on(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0].lower()
        origin = self.wanted.get(host) or next(iter(self.wanted.values()))  # never to an unknown host
        self.send_response(HTTPStatus.PERMANENT_REDIRECT)
        self.send_header("Location", origin + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_POST = send_on  # noqa: N815

    def answer(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *words: object) -> None:
        """Logs nothing, because paths of redirected requests may contain keys."""


def keep_certificate(home: Path, wanted: Mapping[str, str], stopping: SimpleQueue[None]) -> None:
    """Runs until ``stopping`` has an item. A signal handler adds it, so no lock may be used."""
    pause, retry = 0, FIRST_RETRY
    while not wait_for_stop(stopping, pause):
        done = subprocess.run(
            build_certbot_command(home, [*wanted], os.environ), capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            if install_certificate(home):
                print(f"A certificate for {', '.join(wanted)} is in place.", flush=True)
            pause, retry = RENEWAL_INTERVAL, FIRST_RETRY
        else:
            pause, retry = retry, min(2 * retry, RENEWAL_INTERVAL)
            print(f"No certificate: {done.stderr.strip() or done.stdout.strip()}", flush=True)
            print(f"Next try in {pause // 60} minutes; the names must resolve to this host, port 80.", flush=True)


def wait_for_stop(stopping: SimpleQueue[None], seconds: float) -> bool:
    try:
        stopping.get(timeout=seconds)
    except Empty:
        return False
    return True


def main() -> None:
    try:
        wanted = list_site_names(os.environ)
    except CertificateError as trouble:
        sys.exit(f"certificates: {trouble}")
    os.umask(0o027)
    (HOME / "challenges").mkdir(exist_ok=True)
    stopping: SimpleQueue[None] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.put(None))
    server = http.server.ThreadingHTTPServer(("", PORT), partial(HttpsRedirectServer, HOME, wanted))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keep_certificate(HOME, wanted, stopping)


if __name__ == "__main__":
    main()
