"""deploy/docker/nginx, which starts nginx in its container: a certificate of one's own, and /metrics for a cluster."""

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import httpx
import pytest

from deploy.stack.state import find_free_port as free_port
from tests.support.machines import certificate
from tests.support.uwsgi import NotingUwsgi
from tests.support.wire import reached

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[3]
PLACES = ("/etc/nginx/site", "/tmp/nginx", "/run/myweb", "/certificates", "/proc/net")
ROUTE = """Iface\tDestination\tGateway \tFlags
eth0\t0000A8C0\t00000000\t0001
eth0\t00000000\t0140A8C0\t0003
"""
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    if not all(map(shutil.which, ("nginx", "envsubst"))):
        pytest.skip("needs nginx and envsubst")
    script = (ROOT / "deploy/docker/nginx").read_text(encoding="utf-8")
    script = script.replace(
        "echo 'http2 on;'", "echo '# no http2'"
    )  # this machine's nginx may be older than the container's
    for place in PLACES:
        script = script.replace(place, f"{tmp_path}{place}")
        (tmp_path / place[1:]).mkdir(parents=True)
    (tmp_path / "etc/nginx/site").rmdir()
    shutil.copytree(ROOT / "deploy/nginx", tmp_path / "etc/nginx/site")
    if not os.geteuid():  # a worker of another user could not enter
        frame = tmp_path / "etc/nginx/site/nginx.conf"
        frame.write_text("user root;\n" + frame.read_text(encoding="utf-8"), encoding="utf-8")
    running: list[subprocess.Popen[bytes]] = []

    def run(**settings: str) -> subprocess.Popen[bytes]:
        values = {
            "MYWEB_WEB_SERVER": f"unix:{tmp_path}/web.sock",
            "MYWEB_LIVE_SERVERS": f"server unix:{tmp_path}/live.sock;",
            "MYWEB_STATIC_ROOT": str(tmp_path),
            "MYWEB_FILES_ROOT": str(tmp_path),
            "MYWEB_STATUS_SOCKET": f"{tmp_path}/status.sock",
            "MYWEB_REQUESTS_LOG": f"{tmp_path}/requests.log",
            "MYWEB_ACCESS_LOG": f"{tmp_path}/access.log",
            "MYWEB_LOG_FORMAT": "text",
            "MYWEB_TRUSTED_PROXY": "0.0.0.0/32",
            "MYWEB_SOCKETS_PER_ADDRESS": "10",
            "MYWEB_NGINX_WORKERS": "1",
            "MYWEB_TLS_CERTIFICATE": "",
            "MYWEB_TLS_KEY": "",
        }
        with (tmp_path / "log").open("ab") as log:
            running.append(
                subprocess.Popen(
                    ["sh", "-c", script],
                    env={"PATH": os.environ["PATH"]} | values | settings,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
        return running[-1]

    yield run
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # with the loop beside it
        process.wait(20)


def served(port: int) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=5))
    except OSError:
        return b""


def held(folder: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())


async def test_renewed_files_are_served_under_the_same_name(start: Start, tmp_path: Path) -> None:
    own, fresh, port = tmp_path / "own", tmp_path / "fresh", free_port()
    for folder in (own, fresh):
        folder.mkdir()
        certificate(folder)
    start(
        MYWEB_LISTEN=f"127.0.0.1:{port}",
        MYWEB_TLS_CERTIFICATE=str(own / "cert.pem"),
        MYWEB_TLS_KEY=str(own / "both.pem"),
    )
    await reached(lambda: served(port) == held(own), "the first certificate", 20)
    wanted = held(fresh)
    (fresh / "cert.pem").replace(own / "cert.pem")
    await reached(
        lambda: "key values mismatch" in (tmp_path / "log").read_text(), "the complaint about the old key", 20
    )
    assert served(port) not in {b"", wanted}, "the first one is served meanwhile"
    (fresh / "both.pem").replace(own / "both.pem")
    await reached(lambda: served(port) == wanted, "the new certificate", 60)


async def test_a_certificate_that_is_away_is_told_and_never_replaced_by_plain_http(
    start: Start, tmp_path: Path
) -> None:
    own, port = tmp_path / "own", free_port()
    own.mkdir()
    settings = {"MYWEB_TLS_CERTIFICATE": str(own / "cert.pem"), "MYWEB_TLS_KEY": str(own / "both.pem")}
    assert start(MYWEB_LISTEN=f"127.0.0.1:{port}", **settings).wait(20)
    assert f"there is no certificate {own}/cert.pem: see MYWEB_TLS_FOLDER" in (tmp_path / "log").read_text()
    certificate(own)
    start(MYWEB_LISTEN=f"127.0.0.1:{port}", **settings)
    await reached(lambda: served(port) == held(own), "the certificate", 20)
    before = held(own)
    (own / "cert.pem").unlink()
    await reached(lambda: (tmp_path / "log").read_text().count("there is no certificate") == 2, "the complaint", 20)
    assert served(port) == before


async def test_a_proxy_on_the_host_comes_from_the_gateway_of_the_network(start: Start, tmp_path: Path) -> None:
    (tmp_path / "proc/net/route").write_text(ROUTE)
    NotingUwsgi(tmp_path / "web.sock")
    start(MYWEB_LISTEN=f"127.0.0.1:{free_port()}", MYWEB_TRUSTED_PROXY="host")
    await reached((tmp_path / "tmp/nginx/nginx.pid").exists, "nginx", 20)
    site = (tmp_path / "tmp/nginx/conf.d/myweb.conf").read_text()
    assert "set_real_ip_from 192.168.64.1/32;" in site
    assert "192.168.64.1/32 1;" in site


async def test_who_asks_through_the_unix_socket_is_believed_to_speak_https(start: Start, tmp_path: Path) -> None:
    """Doctor, where TLS ends at an outer proxy."""
    port, web, front = free_port(), NotingUwsgi(tmp_path / "web.sock"), tmp_path / "front.sock"
    start(MYWEB_LISTEN=f"127.0.0.1:{port}", MYWEB_FRONT=str(front))
    await reached((tmp_path / "tmp/nginx/nginx.pid").exists, "nginx", 20)
    headers = {"Host": "chat.example.com", "X-Forwarded-Proto": "https"}
    for transport, address in ((httpx.AsyncHTTPTransport(uds=str(front)), ""), (None, f"127.0.0.1:{port}")):
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            assert (await client.get(f"http://{address or 'chat.example.com'}/", headers=headers)).status_code == 200
    assert [each["HTTP_X_FORWARDED_PROTO"] for each in web.told] == ["https", "http"]
    web.close()


def ask(url: str, **headers: str) -> int:
    words = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, headers=words), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


async def test_metrics_are_asked_for_as_the_first_origin_on_a_port_of_their_own(start: Start, tmp_path: Path) -> None:
    port, inside = free_port(), free_port()
    web = NotingUwsgi(tmp_path / "web.sock")
    start(
        MYWEB_LISTEN=f"127.0.0.1:{port}",
        MYWEB_METRICS_LISTEN=f"127.0.0.1:{inside}",
        MYWEB_ORIGINS="https://chat.example.com https://www.example.com",
    )
    await reached((tmp_path / "tmp/nginx/nginx.pid").exists, "nginx", 20)
    page = f"http://127.0.0.1:{inside}/metrics"
    assert await asyncio.to_thread(ask, page, Authorization="Bearer m", X_Forwarded_Host="elsewhere.example") == 200
    (told,) = web.told
    assert told["HTTP_HOST"] == "chat.example.com"
    assert told["HTTP_X_FORWARDED_PROTO"] == "https", "or it would be sent to https"
    assert told["HTTP_AUTHORIZATION"] == "Bearer m"
    for path in ("/", "/accounts/login/", "/metrics/"):
        assert await asyncio.to_thread(ask, f"http://127.0.0.1:{inside}{path}") == 404
    assert len(web.told) == 1
    web.close()


async def test_an_address_in_the_trusted_network_is_taken_from_the_proxy_and_not_from_the_client(
    start: Start, tmp_path: Path
) -> None:
    port, web = free_port(), NotingUwsgi(tmp_path / "web.sock")
    start(MYWEB_LISTEN=f"127.0.0.1:{port}", MYWEB_TRUSTED_PROXY="127.0.0.0/8")
    await reached((tmp_path / "tmp/nginx/nginx.pid").exists, "nginx", 20)
    sent = "198.51.100.1, 127.9.9.9"  # the client wrote the first, its proxy the second
    assert await asyncio.to_thread(ask, f"http://127.0.0.1:{port}/", X_Forwarded_For=sent) == 200
    assert web.told[0]["REMOTE_ADDR"] == "127.9.9.9"
    web.close()


@pytest.mark.parametrize("address", ["", "https://s3.example.com/bucket"])
async def test_files_in_a_bucket_are_read_if_there_is_one(start: Start, tmp_path: Path, address: str) -> None:
    port, web = free_port(), NotingUwsgi(tmp_path / "web.sock")
    start(MYWEB_LISTEN=f"127.0.0.1:{port}", MYWEB_FILES_S3=address)
    try:
        async with httpx.AsyncClient() as client:
            await reached((tmp_path / "tmp/nginx/nginx.pid").exists, "nginx", 20)
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
    finally:
        web.close()
    assert web.told[-1].get("MYWEB_BUCKET_LOCATION") == ("/stored-bucket/" if address else None)
    site = (tmp_path / "tmp/nginx/conf.d/myweb.conf").read_text(encoding="utf-8")
    assert ("resolver " in site) is bool(address)
    assert "${" not in site
