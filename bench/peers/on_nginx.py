"""Two peers behind nginx: nchan for rooms, and a minimal Django view for pages."""

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import django

from bench.peers.peer import HERE, Peer
from bench.testbed import BenchError, Server, Testbed, free_port
from deploy.stack.programs import get_program
from deploy.stack.state import ROOT
from deploy.stack.templates import fill_template

NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")  # Debian's libnginx-mod-nchan
PROCESSES = 2  # of uWSGI, as in bin/stack


def nginx_version() -> str:
    said = subprocess.run([get_program("nginx"), "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition("/")[2]


def nchan(testbed: Testbed, name: str = "nchan", before: tuple[str, ...] = ()) -> Server:
    if not NCHAN_MODULE.exists():
        raise BenchError(
            "nchan is not installed: start this through bin/bench, or apt-get install -y libnginx-mod-nchan."
        )
    port, prefix = free_port(), testbed.home / f"{name}-{free_port()}"
    prefix.mkdir()
    text = (HERE / "nchan.conf").read_text(encoding="utf-8")
    config = prefix / "nginx.conf"
    config.write_text(
        fill_template(text, {"BENCH_PORT": str(port), "BENCH_NCHAN": str(NCHAN_MODULE)}), encoding="utf-8"
    )
    begin = [*before, str(port)] if before else []
    argv = [*begin, get_program("nginx"), "-e", "stderr", "-p", f"{prefix}/", "-c", str(config)]
    # An open port is not enough: there may be no worker yet, and it must be measured too.
    alive = answers(f"http://127.0.0.1:{port}/alive", b"alive")
    return testbed.start(name, argv, alive, url=f"ws://127.0.0.1:{port}/lobby")


def nchan_nodelay(testbed: Testbed) -> Server:
    return nchan(testbed, "nchan-nodelay", (sys.executable, str(HERE / "nodelay.py")))


def nchan_words() -> str:
    asked = ["dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan"]
    found = re.search(r"\d+(\.\d+)+", subprocess.run(asked, capture_output=True, text=True, check=False).stdout)
    return f"nchan {found[0] if found else '?'} in nginx {nginx_version()}, memory store, a frame a message"


# Without TCP_NODELAY a frame waits for the acknowledgement of the one before, up to 40 ms. That is slow
# for few messages and cheap for many, which then share a packet.
NCHANS = (
    Peer("nchan", "tutorial", nchan, nchan_words),
    Peer("nchan-nodelay", "tutorial", nchan_nodelay, lambda: f"{nchan_words()}, TCP_NODELAY"),
)


def hello(testbed: Testbed) -> Server:
    """nginx and uWSGI as one tree of processes, which are measured and stopped together."""
    port, prefix = free_port(), testbed.home / f"hello-{free_port()}"
    (prefix / "conf.d").mkdir(parents=True)
    uwsgi = [get_program("web"), "--ini", str(write_ini(prefix))]
    owner = "user root; " if os.geteuid() == 0 else ""  # only the owner can open uWSGI's socket
    nginx = [get_program("nginx"), "-e", "stderr", "-p", f"{prefix}/", "-c", str(write_site(prefix, port))]
    nginx += ["-g", f"{owner}daemon off;"]
    env = {
        "MYWEB_WEB_SOCKET": str(prefix / "web.sock"),
        "MYWEB_WEB_PROCESSES": str(PROCESSES),
        "MYWEB_WEB_STATS": f"127.0.0.1:{free_port()}",
        "VIRTUAL_ENV": str(Path(get_program("web")).parents[1]),
    }
    both = f"{shlex.join(uwsgi)} & {shlex.join(nginx)} & wait"
    url = f"http://127.0.0.1:{port}/"
    return testbed.start("hello", ["sh", "-c", both], answers(url, b"Hello"), url=url, env=env)


def write_ini(prefix: Path) -> Path:
    """myweb's configuration for another application. Its request limit would replace workers every few seconds."""
    text = (ROOT / "deploy" / "uwsgi" / "myweb.ini").read_text(encoding="utf-8")
    other = {"chdir": str(HERE), "module": "hello.wsgi:application", "max-requests": "0", "max-requests-delta": "0"}
    for name, value in other.items():
        text, changed = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        if changed != 1:
            raise BenchError(f"deploy/uwsgi/myweb.ini has no line of its own for {name} any more.")
    path = prefix / "hello.ini"
    path.write_text(text, encoding="utf-8")
    return path


def write_site(prefix: Path, port: int) -> Path:
    """myweb's configuration, without socket servers and static files."""
    values = {
        "MYWEB_LISTEN": f"127.0.0.1:{port}",
        "MYWEB_WEB_SERVER": f"unix:{prefix / 'web.sock'}",
        "MYWEB_LIVE_SERVERS": f"server unix:{prefix / 'live.sock'};",
        "MYWEB_STATIC_ROOT": str(prefix),
        "MYWEB_FILES_ROOT": str(prefix / "files"),
        "MYWEB_BUCKET": "",
        "MYWEB_STATUS_SOCKET": str(prefix / "status.sock"),
        "MYWEB_REQUESTS_LOG": str(prefix / "requests.log"),
        "MYWEB_LOG_FORMAT": "text",
        "MYWEB_ACCESS_LOG": str(prefix / "access.log"),
        "MYWEB_TRUSTED_PROXY": "0.0.0.0/32",
        "MYWEB_SOCKETS_PER_ADDRESS": "1",
    }
    source = ROOT / "deploy" / "nginx"
    site = fill_template((source / "myweb.conf.template").read_text(encoding="utf-8"), values)
    (prefix / "conf.d" / "myweb.conf").write_text(site, encoding="utf-8")
    main = prefix / "nginx.conf"
    main.write_text((source / "nginx.conf").read_text(encoding="utf-8"), encoding="utf-8")
    return main


def answers(url: str, body: bytes) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.read() == body)
        except OSError:
            return False

    return ask


HELLO = Peer(
    "hello",
    "http",
    hello,
    lambda: (
        f"Django {django.get_version()}, a bare view without middleware, uWSGI and nginx {nginx_version()} as myweb's"
    ),
)
