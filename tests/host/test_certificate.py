"""bin/install --acme: what an authority gives is served; what it refuses leaves the site as it was."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.machine import Host
from tests.support import authority
from tests.support.authority import NAME, asked, shown
from tests.support.wire import reached

OTHER = "www.example.test"
UNIT = "authority.service"


@pytest.fixture
def origin(here: Host, tmp_path: Path) -> Iterator[str]:
    """What people type. Beside the site an authority is installed, which certbot asks; nobody has started it."""
    authority.settle(tmp_path, "localhost", 80)
    here.copy(tmp_path, "/authority")
    here.sh("apt-get install -y -qq --no-install-recommends curl pebble >/dev/null 2>&1")
    here.sh(f"echo 127.0.0.1 {NAME} {OTHER} >>/etc/hosts; mkdir -p /etc/letsencrypt")
    here.sh("echo server = https://localhost:14000/dir >/etc/letsencrypt/cli.ini")
    plain = here.origin
    try:
        yield f"https://{NAME}:{here.port}"
    finally:
        here.install("--origin", plain)
        here.sh(f"systemctl stop {UNIT} || true; rm -rf /authority")
        here.sh("apt-get purge -qq -y pebble certbot; rm -rf /etc/letsencrypt")


def start(here: Host) -> ssl.SSLContext:
    """What it gives from now on can be trusted by this."""
    here.run("systemd-run", "--quiet", "--unit", UNIT, "pebble", "-config", "/authority/pebble.json")
    root = here.sh("until curl -fsk https://localhost:15000/roots/0; do sleep 0.2; done")
    return ssl.create_default_context(cadata=root)


def install(here: Host, *origins: str) -> str:
    arguments = f"--origin '{' '.join(origins)}' --acme ada@example.test"
    return here.sh(f"REQUESTS_CA_BUNDLE=/authority/cert.pem /root/myweb/bin/install {arguments}")


async def test_a_certificate_is_got_renewed_and_widened_or_nothing_changes(here: Host, origin: str) -> None:
    with pytest.raises(AssertionError, match="certbot certonly"):
        install(here, origin)
    assert asked("/readyz", here.port, host=f"127.0.0.1:{here.port}").read() == b"ok\n", "as it was"

    trust = start(here)
    print(install(here, origin))
    assert asked("/readyz", here.port, trust, f"{NAME}:{here.port}").read() == b"ok\n"
    first = shown(here.port, trust)
    sent_on = here.sh(f"curl -sI http://{NAME}/accounts/login/")
    assert f"location: {origin}/accounts/login/" in sent_on.lower()

    here.sh("REQUESTS_CA_BUNDLE=/authority/cert.pem certbot renew --force-renewal --no-random-sleep-on-renew --quiet")
    await reached(lambda: shown(here.port, trust)["serialNumber"] != first["serialNumber"], "the new certificate", 60)

    with pytest.raises(ssl.SSLCertVerificationError):
        shown(here.port, trust, OTHER)
    assert f"a certificate for {OTHER} as well" in install(here, origin, f"https://{OTHER}:{here.port}")
    names = {name for _kind, name in shown(here.port, trust, OTHER)["subjectAltName"]}
    assert names == {NAME, OTHER}
