"""HTTP checks of nginx and DNS checks of dnsmasq: what real servers send that a made-up one may not."""

import gzip
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.stack.state import find_free_port as free_port
from monitor.checks.probes import Result, make_probe, run_probe
from myweb.network_policy import Reach
from tests.support.collector_loop import event_loop_policy  # noqa: F401 - a fixture
from tests.support.wire import reached

pytestmark = pytest.mark.any_database

NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  types {{ text/html html; application/json json; }}
  server {{
    listen 127.0.0.1:{port}; root {root};
    location = /packed.html {{ gzip_static always; }}
    location = /asked.html {{ gzip on; gzip_min_length 1; }}
    location = /gbk.html {{ charset gbk; }}
    location = /moved {{ return 301 /plain.html; }}
    location = /elsewhere {{ absolute_redirect off; return 308 /moved?a=b; }}
    location = /round {{ return 302 /round; }}
    location = /silent {{ return 444; }}
  }}
}}
"""


async def asked(kind: str, target: str, **options: Any) -> Result:
    probe = make_probe(kind, target, options)
    probe.check()
    return await run_probe(probe, 5, Reach.EVERYWHERE)


@contextmanager
def running(argv: list[str]) -> Iterator[None]:
    with subprocess.Popen(argv) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
async def nginx(tmp_path: Path) -> AsyncIterator[str]:
    root, port = tmp_path / "root", free_port()
    root.mkdir()
    page = "<h1>All is well</h1>" * 20
    (root / "packed.html.gz").write_bytes(gzip.compress(page.encode()))
    for name in ("asked.html", "plain.html"):
        (root / name).write_text(page)
    (root / "gbk.html").write_bytes("<h1>服务正常</h1>".encode("gbk"))
    (root / "state.json").write_text('{"checks": [{"left": 3}]}')
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(port=port, root=root))
    with running(["nginx", "-p", str(tmp_path), "-e", "stderr", "-c", str(config)]):
        await reached(lambda: listens(port), "nginx")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def dnsmasq() -> AsyncIterator[str]:
    port = free_port()
    options = [f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--conf-file=/dev/null"]
    options += ["--no-resolv", "--no-hosts", "--local=/example/", "--pid-file", "--user=root"]
    options += ["--host-record=web.example,192.0.2.1,2001:db8::1", "--cname=www.example,web.example"]
    options += ["--txt-record=web.example,v=spf1 -all", "--mx-host=web.example,mail.example,10"]
    options += ["--srv-host=_sip._tcp.example,sip.example,5060,5,7", "--caa-record=web.example,0,issue,letsencrypt.org"]
    options += ["--ptr-record=1.2.0.192.in-addr.arpa,web.example"]
    options += [f"--txt-record=long.example,{str(part) * 250}" for part in range(9)]
    with running(["dnsmasq", "--keep-in-foreground", *options]):
        await reached(lambda: listens(port), "dnsmasq")
        yield f"127.0.0.1:{port}"


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/packed.html", {"keyword": "All is well", "absent": "fire"}),  # compressed though it was not asked for
        ("/asked.html", {"keyword": "All is well"}),
        ("/gbk.html", {"keyword": "服务正常"}),
        ("/moved", {"keyword": "All is well"}),
        ("/elsewhere", {"keyword": "All is well"}),
        ("/moved", {"follow": False, "status": "301"}),
        ("/state.json", {"json_path": "checks.0.left", "json_equals": "3"}),
        ("/plain.html", {"method": "HEAD"}),
        ("/gone", {"status": "404"}),
    ],
)
async def test_pages_of_nginx_are_read_as_a_browser_reads_them(nginx: str, path: str, options: dict[str, Any]) -> None:
    result = await asked("http", nginx + path, **options)
    assert result.ok, result.message


async def test_an_nginx_that_redirects_for_ever_or_hangs_up_fails(nginx: str) -> None:
    assert (await asked("http", f"{nginx}/round")).message == "More than 5 redirects."
    assert (await asked("http", f"{nginx}/silent")).message == "The connection was reset."


@pytest.mark.parametrize(
    ("name", "record", "expect"),
    [
        ("web.example", "A", "192.0.2.1"),
        ("web.example", "AAAA", "2001:db8::1"),
        ("www.example", "A", "192.0.2.1"),
        ("web.example", "TXT", "v=spf1 -all"),
        ("web.example", "MX", "10 mail.example"),
        ("_sip._tcp.example", "SRV", "5 7 5060 sip.example"),
        ("web.example", "CAA", '0 issue "letsencrypt.org"'),
        ("192.0.2.1", "PTR", "web.example"),
    ],
)
async def test_records_of_dnsmasq_are_the_expected_ones(dnsmasq: str, name: str, record: str, expect: str) -> None:
    result = await asked("dns", name, record=record, expect=expect, server=dnsmasq)
    assert result.ok, result.message


async def test_an_answer_too_long_for_udp_is_fetched_over_tcp(dnsmasq: str) -> None:
    result = await asked("dns", "long.example", record="TXT", server=dnsmasq)
    assert (result.ok, result.numbers["records"]) == (True, 9.0)


async def test_an_unknown_name_and_a_foreign_one_are_told_apart(dnsmasq: str) -> None:
    assert (await asked("dns", "gone.example", server=dnsmasq)).message == "This name does not exist."
    assert (await asked("dns", "elsewhere.test", server=dnsmasq)).message.endswith("refused to answer (REFUSED).")
