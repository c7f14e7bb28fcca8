"""Why a port cannot be used, in words."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.stack.commands import require_port
from deploy.stack.errors import StackError

ROOT = Path(__file__).parents[3]
ASK = "import os; from deploy.stack.state import find_port_trouble; os.setuid(65534); print(find_port_trouble(80))"


def test_a_port_that_another_server_has_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            StackError, match=f"^Port {port} is taken by something else: bin/stack up --port {port + 1}"
        ):
            require_port(port, "bin/stack up")


def test_a_port_of_root_is_not_called_taken() -> None:
    reserved = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > 80
    if os.geteuid() != 0 or not reserved:
        pytest.skip("needs root, to become another user, and port 80 reserved for root")
    argv = [sys.executable, "-B", "-c", ASK]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "port 80 is reserved for root\n"
