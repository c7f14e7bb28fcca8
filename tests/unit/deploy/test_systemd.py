"""systemd itself reads the units of deploy/systemd, and counts what their sandboxes leave open."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "deploy" / "systemd"
SERVICES = sorted(path.name for path in SOURCE.glob("*.service"))
EXPOSED = {"myweb-collector.service": 1.9}  # each exception has its reason in the file
USUALLY = 1.3


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """As on a host, where the programs exist."""
    copy = tmp_path / "units"
    shutil.copytree(SOURCE, copy)
    for path in copy.glob("*.service"):
        path.write_text(re.sub(r"/opt/myweb/\w+/\.venv/bin/\w+|/usr/bin/redis-server", "/bin/true", path.read_text()))
    return copy


def analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_COLORS": "0"}
    return subprocess.run(
        ["systemd-analyze", *arguments], env=environment, cwd=units, capture_output=True, text=True, check=False
    )


def test_systemd_understands_every_line(units: Path) -> None:
    names = [path.name for path in units.iterdir() if path.name.startswith("myweb") and path.is_file()]
    done = analyze(units, "verify", *names)
    assert "myweb" not in done.stdout + done.stderr
    assert len(names) == len(SERVICES) + 3


def test_a_mistake_would_be_seen(units: Path) -> None:
    (units / "myweb-web.service").write_text("[Service]\nExecStart=/bin/true\nNoNewPrivilege=yes\n")
    done = analyze(units, "verify", "myweb-web.service")
    assert "NoNewPrivilege" in done.stdout + done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_sandbox_leaves_little_open(units: Path, service: str) -> None:
    most = str(int(EXPOSED.get(service, USUALLY) * 10))
    done = analyze(units, "security", "--offline=true", f"--threshold={most}", "--no-pager", service)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_without_the_sandbox_it_would_be_seen(units: Path) -> None:
    (units / "myweb-.service.d" / "10-sandbox.conf").unlink()
    done = analyze(units, "security", "--offline=true", "--threshold=20", "--no-pager", "myweb-web.service")
    assert done.returncode != 0
